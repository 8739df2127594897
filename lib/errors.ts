/** Process exit codes, as documented in the README. */
export const EXIT = { done: 0, usage: 1, server: 2, network: 3, auth: 4, store: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * The only error class a user meets: what happened (`message`), what to try next (`hint`), a stable `code`
 * for programs and the exit code. Messages never hold a secret or a token, and `cause` is never set: it could.
 */
export class M2mcpError extends Error {
  override readonly name = "M2mcpError";
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(code: string, exitCode: ExitCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

// — wrong usage —

export const wrongUsage = (message: string, hint?: string) =>
  new M2mcpError("usage", EXIT.usage, message, hint);

// — network —

export const connectionFailed = (what: string, reason: string) =>
  new M2mcpError(
    "connection_failed",
    EXIT.network,
    `cannot reach ${what}: ${reason}`,
    "check the address, the network and the proxy settings",
  );

export const timedOut = (what: string, timeoutMs: number) =>
  new M2mcpError(
    "timeout",
    EXIT.network,
    `${what} did not answer within ${timeoutMs / 1000} s`,
    "try again, or give it longer with --timeout SECONDS",
  );

export const insecureUrl = (what: string, url: string) =>
  new M2mcpError(
    "insecure_url",
    EXIT.usage,
    `${what} ${url} is plain http: credentials and tokens would travel in the clear`,
    "use https; plain http is accepted for loopback addresses only",
  );
