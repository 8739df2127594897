import type { OptionSpec } from "./option-spec.ts";

/** A test holds them to those that are known. */
const PLATFORMS = [
  ...["auto", "aws", "azure", "azure-devops", "buildkite", "circleci", "gcp", "github-actions", "gitlab"],
  ...["kubernetes", "spiffe"],
];

/** Who the client is, and how it gets a token: saved by login. */
export const CREDENTIALS = {
  grant: {
    group: "credentials",
    value: "GRANT",
    about: "client-credentials (default), jwt-bearer, token-exchange or id-jag",
    choices: ["client-credentials", "jwt-bearer", "token-exchange", "id-jag"],
  },
  "client-id": { group: "credentials", value: "ID", about: "the client's id" },
  "client-secret": {
    group: "credentials",
    value: "SECRET",
    secret: true,
    about: "the client's secret; - reads it from stdin",
  },
  "client-secret-file": { group: "credentials", value: "PATH", about: "a file with the secret" },
  "client-secret-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "a command that prints the secret",
  },
  "no-store-secret": {
    group: "credentials",
    about: "store where secrets and keys come from, not what they are; read again at each token request",
  },
  "private-key": {
    group: "credentials",
    value: "PATH",
    about: "private key for private_key_jwt, PEM or JWK",
  },
  "private-key-passphrase-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with the passphrase of an encrypted key",
  },
  "sign-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "signs in place of a private key: gets what is to be signed on stdin, prints the signature",
  },
  "key-id": { group: "credentials", value: "KID", about: "the key's id as the server knows it" },
  "signing-alg": {
    group: "credentials",
    value: "ALG",
    about: "RS256, PS256, ES256, EdDSA, …; by default what key and server agree on",
    choices: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"],
  },
  certificate: {
    group: "credentials",
    value: "PATH",
    about: "certificate of the private key, named by its thumbprint (Entra ID)",
  },
  "assertion-audience": {
    group: "credentials",
    value: "AUDIENCE",
    about: "issuer, token-endpoint or a URI: whom assertions are for; by default what the server expects",
    choices: ["issuer", "token-endpoint"],
  },
  "client-assertion-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with a token of the platform, read anew each time",
  },
  "client-assertion-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "a command that prints such a token",
  },
  "client-assertion-env": {
    group: "credentials",
    value: "NAME",
    about: "a variable that such a token is in",
  },
  "client-assertion-type": {
    group: "credentials",
    value: "URN",
    about: "what is sent as client_assertion_type; by default jwt-bearer, or jwt-spiffe for a JWT-SVID",
  },
  assertion: {
    group: "credentials",
    value: "PLATFORM",
    about: "the platform of this machine, which hands out such tokens; auto takes the one it finds",
    choices: PLATFORMS,
  },
  "assertion-identity": {
    group: "credentials",
    value: "ID",
    about:
      "which of its identities: a service account (gcp), a client or resource id or object-id:ID (azure)",
  },
  "assertion-lifetime": {
    group: "credentials",
    value: "SECONDS",
    about: "how long the platform's token should be good, where it can be asked for that",
  },
  token: {
    group: "credentials",
    value: "PLATFORM",
    secret: true,
    about:
      "send the token of this machine's platform itself, without any grant; - reads a token from stdin; in the variable, the token",
    choices: PLATFORMS,
  },
  "token-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with a token that something else makes and renews; it is sent as it is, without any grant",
  },
  "token-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "a command that prints such a token, or JSON that holds one; run again before its end",
  },
  "token-lifetime": {
    group: "credentials",
    value: "SECONDS",
    about: "how long such a token is good from when it was read, where it does not say or is not right",
  },
  "auth-method": {
    group: "credentials",
    value: "METHOD",
    about: "client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or none",
    choices: [
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
      "tls_client_auth",
      "self_signed_tls_client_auth",
      "none",
    ],
  },
  scope: { group: "credentials", value: "SCOPE", about: "scopes to ask for, separated by spaces" },
  issuer: {
    group: "credentials",
    value: "URL",
    about: "the only authorization server that the credentials may go to",
  },
  "token-endpoint": { group: "credentials", value: "URL", about: "token endpoint; skips discovery" },
  resource: {
    group: "credentials",
    value: "URI",
    about: "the resource to ask tokens for, if not the server's own name",
  },
  "no-resource": { group: "credentials", about: "send no resource (Entra ID v2, Cognito)" },
  audience: { group: "credentials", value: "AUDIENCE", about: "audience to ask tokens for (Auth0)" },
  "token-param": {
    group: "credentials",
    value: "NAME=VALUE",
    secret: true,
    repeat: true,
    about: "further parameter of token requests",
  },
  "client-cert": {
    group: "credentials",
    value: "PATH",
    about: "client certificate for mutual TLS, PEM; spiffe takes the X.509-SVID",
  },
  "client-key": { group: "credentials", value: "PATH", about: "its private key, PEM" },
  dpop: { group: "credentials", about: "insist on tokens bound to a key (DPoP)" },
} as const satisfies Record<string, OptionSpec>;
