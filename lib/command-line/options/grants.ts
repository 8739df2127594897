import type { OptionSpec } from "./option-spec.ts";

/** Tokens of others that are exchanged for the server's, and who vouches for a person: saved by login. */
export const GRANTS = {
  "subject-token-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with the token to exchange: whom the new one is about; read anew each time",
  },
  "subject-token-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "a command that prints such a token",
  },
  "subject-token-env": {
    group: "credentials",
    value: "NAME",
    about: "a variable that holds such a token",
  },
  "subject-token": {
    group: "credentials",
    value: "PLATFORM",
    about: "the platform of this machine as the subject, as --assertion names it",
  },
  "subject-token-type": {
    group: "credentials",
    value: "TYPE",
    about: "its type, by its look unless given: access_token, id_token, jwt, saml2, refresh_token or a URI",
  },
  "actor-token-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with the token of who acts for the subject",
  },
  "actor-token-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "a command that prints such a token",
  },
  "actor-token-env": {
    group: "credentials",
    value: "NAME",
    about: "a variable that holds such a token",
  },
  "actor-token": {
    group: "credentials",
    value: "PLATFORM",
    about: "the platform of this machine as who acts",
  },
  "actor-token-type": { group: "credentials", value: "TYPE", about: "its type, as of the subject's" },
  "requested-token-type": {
    group: "credentials",
    value: "TYPE",
    about: "the type to exchange for, where the server wants to be told",
  },
  "assertion-subject": {
    group: "credentials",
    value: "SUBJECT",
    about: "whom an assertion of --grant jwt-bearer that our own key signs is about; the client unless given",
  },
  "idp-issuer": {
    group: "credentials",
    value: "URL",
    about: "the identity provider that vouches for the person; the ID token's issuer unless given",
  },
  "idp-token-endpoint": {
    group: "credentials",
    value: "URL",
    about: "its token endpoint; skips discovery",
  },
  "idp-client-id": {
    group: "credentials",
    value: "ID",
    about: "the client's id there; the ID token's audience unless given",
  },
  "idp-client-secret": {
    group: "credentials",
    value: "SECRET",
    secret: true,
    about: "the client's secret there; - reads it from stdin",
  },
  "idp-client-secret-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with that secret",
  },
  "idp-client-secret-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "a command that prints that secret",
  },
  "idp-private-key": {
    group: "credentials",
    value: "PATH",
    about: "private key that proves the client there, PEM or JWK",
  },
  "idp-private-key-passphrase-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with the passphrase of that key",
  },
  "idp-sign-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "signs in place of that key, as --sign-command",
  },
  "idp-key-id": { group: "credentials", value: "KID", about: "that key's id" },
  "idp-signing-alg": { group: "credentials", value: "ALG", about: "what that key signs with" },
  "idp-certificate": {
    group: "credentials",
    value: "PATH",
    about: "certificate of that key, named by its thumbprint",
  },
  "idp-client-assertion-file": {
    group: "credentials",
    value: "PATH",
    about: "a file with a platform's token that proves the client there",
  },
  "idp-client-assertion-command": {
    group: "credentials",
    value: "COMMAND",
    secret: true,
    expands: true,
    about: "a command that prints such a token",
  },
  "idp-client-assertion-env": {
    group: "credentials",
    value: "NAME",
    about: "a variable that holds such a token",
  },
  "idp-client-assertion-type": {
    group: "credentials",
    value: "URN",
    about: "what that token is, as --client-assertion-type",
  },
  "idp-assertion": {
    group: "credentials",
    value: "PLATFORM",
    about: "the platform that proves the client there, as --assertion names it",
  },
  "idp-auth-method": {
    group: "credentials",
    value: "METHOD",
    about: "how the client proves itself there, as --auth-method; tls_client_auth shows --client-cert",
  },
  "idp-assertion-audience": {
    group: "credentials",
    value: "AUDIENCE",
    about: "whom assertions to the identity provider are for, as --assertion-audience",
  },
} as const satisfies Record<string, OptionSpec>;
