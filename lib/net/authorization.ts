// What the protocol code asks of authorization: the one thing that both know, so it stands below both.

/** Headers that authorize one request, as they were yielded: what came of them is told with the same object. */
export type AuthorizationHeaders = Record<string, string>;

/** An answer of the MCP server that new authorization may cure. */
export interface Refusal {
  status: number;
  wwwAuthenticate: string | null;
  sent: AuthorizationHeaders;
  /** What the server says of it in its body, as one line. */
  words?: string;
}

/** One request to the MCP server, as far as its authorization depends on it. */
export interface RequestToAuthorize {
  method: string;
  url: string;
  body?: string | Uint8Array | undefined;
  refusal?: Refusal;
}

/** Yields the headers that authorize HTTP requests to the MCP server. */
export interface Authorization {
  /**
   * @param ask the request to authorize, with its body, which a proof may name; with `refusal`, new headers are wanted
   *   because those sent were refused.
   * @throws M2mcpError when no authorization can be had (exit 4), or the network failed (exit 3).
   */
  headers(ask: RequestToAuthorize): Promise<AuthorizationHeaders>;
  /** The headers of a request that nothing has refused, where they are at hand; shared by all requests they are good for. */
  current?(url: string): AuthorizationHeaders | undefined;
  /** What a server says of a failure, without the tokens and the user's header values that were sent to it. */
  redact?(text: string): string;
  /** Shown what each request was answered with: an accepted token, a nonce (RFC 9449 §8.2). */
  learn(answer: { status: number; headers: Headers; sent: AuthorizationHeaders }): void;
}
