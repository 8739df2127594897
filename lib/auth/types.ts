/** Where a secret comes from. `value` is stored encrypted; the others are read anew for each token request. */
export type SecretSource =
  | { from: "value"; value: string }
  | { from: "file"; path: string }
  | { from: "command"; command: string };

/** Grants this program can perform. */
export type Grant = "client-credentials" | "jwt-bearer";

/** How the client proves itself at the token endpoint (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705). */
export type ClientAuthentication =
  /** `method` absent: chosen from the metadata, basic when it is silent. */
  | { kind: "secret"; method?: "client_secret_basic" | "client_secret_post"; secret: SecretSource }
  | {
      kind: "private_key";
      /** PEM (PKCS#8, PKCS#1, SEC1, encrypted) or JWK text. */
      key: SecretSource;
      passphrase?: SecretSource;
      keyId?: string;
      signingAlg?: string;
      /** PEM certificate whose SHA-256 thumbprint goes into `x5t#S256`. */
      certificate?: string;
    }
  /** A ready-made JWT from the platform (Kubernetes, Entra workload identity, SPIFFE). */
  | { kind: "assertion"; assertion: AssertionSource }
  /** Mutual TLS proves the client (`tls_client_auth`); the certificate itself is in `Credentials.tls`. */
  | { kind: "tls" }
  | { kind: "none" };

/** Where a ready-made assertion comes from: a file or command, read anew each time, or a CI platform. */
export type AssertionSource = SecretSource | { from: "github-actions" };

/** All that login records to ask for tokens: stored in the profile, encrypted. */
export interface Credentials {
  grant: Grant;
  clientId: string;
  authentication: ClientAuthentication;
  /** For `jwt-bearer`: the assertion that is the grant (RFC 7523 §2.1). */
  assertion?: AssertionSource;
  /** The `aud` of client assertions; the issuer unless the server wants its token endpoint. */
  assertionAudience?: "issuer" | "token-endpoint";
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
  /** Client certificate and key, PEM (RFC 8705). */
  tls?: { cert: SecretSource; key: SecretSource };
  /** The issuer recorded at login; credentials go to no other. */
  issuer?: string;
}

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
}

/** What discovery found and later starts reuse. */
export interface Discovered {
  /** The `resource` to ask tokens for (RFC 9728 `resource`, or the server's URL). */
  resource: string;
  issuer?: string;
  tokenEndpoint: string;
  authMethods?: string[];
  signingAlgs?: string[];
  dpopAlgs?: string[];
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
  discovered?: Discovered;
  /** Scopes gathered by step-up (403 `insufficient_scope`), space-separated. */
  steppedUpScope?: string;
  /** Why and when the last token request failed, so that waiting processes do not repeat it. */
  failure?: { atMs: number; code: string; exitCode: number; message: string; hint?: string };
  /** DPoP proof key as JWK, and the last nonces seen, by origin. */
  dpop?: { jwk: JsonWebKey; nonces: Record<string, string> };
  /** Fingerprint of the credentials the token was issued for: a rotation drops the token. */
  credentials?: string;
}

/** A refusal by the MCP server that new authorization may cure. */
export interface Refusal {
  status: number;
  wwwAuthenticate: string | null;
  dpopNonce: string | null;
  /** The `Authorization` header that was refused; null when none was sent. */
  authorization: string | null;
}

/** Yields the headers that authorize one HTTP request to the MCP server. */
export interface Authorization {
  /**
   * @param ask the request to authorize; with `refusal`, new headers are wanted because those sent were refused.
   * @throws M2mcpError when no authorization can be had (exit 4), or the network failed (exit 3).
   */
  headers(ask: { method: string; url: string; refusal?: Refusal }): Promise<Record<string, string>>;
  /** Shown each response's headers (DPoP nonces, RFC 9449 §8.2). */
  learn(responseHeaders: Headers): void;
}
