import type { ProofKey } from "./client/proof-key.ts";
import type { Failure } from "./failed-request.ts";
import type { KnownProvider } from "./grants/exchange/known-provider.ts";
import type { PlatformSource } from "./platforms/platform.ts";

/** Where a secret comes from. `value` is stored encrypted; the others are read anew for each token request. */
export type SecretSource =
  | { from: "value"; value: string }
  | { from: "file"; path: string }
  | { from: "command"; command: string }
  /** A profile came without it, from another machine. */
  | { from: "missing" };

/** What signs: a private key, PEM (PKCS#8, PKCS#1, SEC1, encrypted) or JWK, or a command that has one elsewhere. */
export type KeySource = SecretSource | { from: "sign-command"; command: string };

/** A key that signs assertions. */
export interface SigningSource {
  key: KeySource;
  passphrase?: SecretSource;
  keyId?: string;
  signingAlg?: string;
  /** PEM certificate whose SHA-256 thumbprint goes into `x5t#S256`. */
  certificate?: SecretSource;
}

/** Grants this program can perform. */
export type Grant = "client-credentials" | "jwt-bearer" | "token-exchange" | "id-jag";

/** How the client proves itself at the token endpoint (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705). */
export type ClientAuthentication =
  /** `method` absent: chosen from the metadata, basic when it is silent. */
  | { kind: "secret"; method?: "client_secret_basic" | "client_secret_post"; secret: SecretSource }
  | ({ kind: "private_key" } & SigningSource)
  /** A ready-made JWT from the platform (Kubernetes, Entra workload identity, SPIFFE). */
  | { kind: "assertion"; assertion: AssertionSource }
  /** Mutual TLS proves the client (`tls_client_auth`); the certificate itself is in `Credentials.tls`. */
  | { kind: "tls" }
  | { kind: "none" };

/** Where a ready-made assertion comes from: a file, command or variable, read anew each time, or this machine's platform. */
export type AssertionSource = TokenSource | { from: "env"; name: string };

/** Where a token comes from that something else makes. */
export type TokenSource = SecretSource | PlatformSource;
/** An X.509-SVID of the Workload API. @property identity a SPIFFE id or a hint; the default identity unless given */
export interface SvidSource {
  from: "spiffe";
  identity?: string;
}

/** What TLS shows of this client. */
export type TlsSource = { cert: SecretSource; key: SecretSource } | SvidSource;

/** An assertion that a key of ours signs as the grant itself; its issuer is the client's id. */
export type SignedAssertion = { from: "signed"; subject?: string } & SigningSource;

/** A token that is given for another one (RFC 8693 §2.1). */
export interface GivenToken {
  source: AssertionSource;
  /** Its type, a URI; told by its look unless given. */
  type?: string;
}

/** A client as one authorization server knows it. */
export interface Client {
  clientId: string;
  authentication: ClientAuthentication;
  /** The `aud` of assertions: what the server expects unless given, `issuer` or `token-endpoint`, else the value. */
  assertionAudience?: string;
  /** `client_assertion_type` (RFC 7521 §4.2); by what the assertion is unless given. */
  clientAssertionType?: string;
}

/** Who vouches for a person to the server's authorization server, and the client as it is known there. */
export interface IdentityProvider extends Client {
  /** Absent: the issuer of the person's ID token. */
  issuer?: string;
  /** Skips its discovery. */
  tokenEndpoint?: string;
}

/** All that login records to ask for tokens: stored in the profile, encrypted. */
export interface Credentials extends Client {
  grant: Grant;
  /** For `jwt-bearer`: the assertion that is the grant (RFC 7523 §2.1). */
  assertion?: AssertionSource | SignedAssertion;
  /** For `token-exchange` and `id-jag`: whom the token will be about (RFC 8693 §2.1). */
  subject?: GivenToken;
  /** For `token-exchange`: who acts for that one. */
  actor?: GivenToken;
  /** For `token-exchange`: what is wanted, where it is not an access token in its usual form. */
  requestedTokenType?: string;
  /** For `id-jag`. */
  identityProvider?: IdentityProvider;
  /** Space-separated; absent: the challenge's, else `scopes_supported`. */
  scope?: string;
  /** Skips discovery of the authorization server. */
  tokenEndpoint?: string;
  /** RFC 8707 `resource`; absent: the server's own identifier; null: not sent. */
  resource?: string | null;
  /** Auth0's `audience`. */
  audience?: string;
  /** Further token request parameters. */
  tokenParams?: [name: string, value: string][];
  /** Insist on DPoP (RFC 9449) even where the server does not ask. */
  dpop?: boolean;
  /** Client certificate and key, PEM (RFC 8705), or the X.509-SVID that SPIFFE gives to this process. */
  tls?: TlsSource;
  /** The issuer given with --issuer or recorded at login; credentials go to no other. */
  issuer?: string;
}

/** A token that something else makes: no grant is performed for it, and no authorization server is asked. */
export interface ReadyToken {
  grant: null;
  /** Read anew before the token's end, and once when it is refused. */
  token: TokenSource;
  /** How long a token counts as good from when it was read, in ms; absent: as long as it says itself. */
  lifetimeMs?: number;
  /** Whom a platform's token is for; absent: the MCP server. */
  audience?: string;
  /** Client certificate and key, PEM, for servers that ask for one, and for tokens that are bound to it (RFC 8705 §3). */
  tls?: Credentials["tls"];
}

/** Where tokens come from: a grant of our own, or something else that makes them. */
export type TokenOrigin = Credentials | ReadyToken;

/** The credentials of a grant; undefined where tokens come ready-made, and for none at all. */
export const grantOf = (origin: TokenOrigin | null | undefined): Credentials | undefined =>
  origin && origin.grant !== null ? origin : undefined;

/** An access token and what is known of it. */
export interface Token {
  accessToken: string;
  /** "Bearer" or "DPoP", in this case whatever case the server used. */
  tokenType: "Bearer" | "DPoP";
  /** Granted scope, space-separated; what was asked for when the server is silent. */
  scope?: string;
  issuedAtMs: number;
  /** Absent when the server did not say: good until a 401. */
  expiresAtMs?: number;
  /** Issued because the one before was refused, and not accepted since: refused too, it is not asked for again. */
  unproven?: true;
}

/** What discovery found and later starts reuse. */
export interface Discovered {
  /** The `resource` to ask tokens for (RFC 9728 `resource`, or the server's URL). */
  resource: string;
  issuer?: string;
  tokenEndpoint: string;
  authMethods?: string[];
  /** `grant_types_supported`, where the metadata names them (RFC 8414 §2). */
  grants?: string[];
  signingAlgs?: string[];
  /** What the authorization server takes as proofs (RFC 9449 §5.1); named at all, it knows DPoP. */
  dpopAlgs?: string[];
  /** What the MCP server takes as proofs, as its challenge and its metadata have it. */
  proofAlgs?: string[][];
  /** The server wants tokens bound to a key (RFC 9449): its challenge or its metadata says so. */
  dpop?: boolean;
  /** RFC 8705 §5 alias of the token endpoint. */
  mtlsTokenEndpoint?: string;
  /** Scope from the challenge, else from `scopes_supported`. */
  scope?: string;
  discoveredAtMs: number;
}

/** What is cached between runs for one set of credentials; losing it costs requests, never correctness. */
export interface AuthState {
  token?: Token;
  /** The token before it, while it is good: sent again where the server refuses the one that a renewal brought. */
  spare?: Token;
  /** The access token that the server refused and `spare` took the place of: it is not taken again. */
  refused?: string;
  discovered?: Discovered;
  /** Scopes gathered by step-up (403 `insufficient_scope`), space-separated. */
  steppedUpScope?: string;
  /** What is known of the identity provider that vouches for a person. */
  identityProvider?: KnownProvider;
  /** Which issuer took these credentials, kept apart from what is known of any server: see `AuthDeps.takenBy`. */
  takenBy?: string;
  /** When the server was found to refuse nothing and to name no authorization server, in ms: no token is sent. */
  openSinceMs?: number;
  /** Why and when the last token request failed, so that other processes do not repeat it at once. */
  failure?: Failure;
  /** A renewal before the token's end failed or took too long: none is tried before this time, in ms. */
  renewNotBeforeMs?: number;
  /** What tokens are bound to (DPoP). */
  dpop?: ProofKey;
  /** How far the server's clock was ahead of ours when that mattered, in ms. */
  clockSkewMs?: number;
  /** The key of what a fleet shares, which takes a while to derive, and what it is for. */
  sharing?: { of: string; root: string; parts: string };
}
