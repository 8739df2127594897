/** Process exit codes, as documented in the README. */
export const EXIT = { done: 0, usage: 1, server: 2, network: 3, auth: 4, store: 5 } as const;
/** What a shell shows of a process that a signal has ended: 128 and the number of SIGHUP, SIGINT or SIGTERM. */
export type SignalExit = 129 | 130 | 143;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT] | SignalExit;

/**
 * Text for a person, with what may be secret in URLs left out: user name and password, and the values of the query,
 * where some servers want a key.
 */
export const withoutUrlSecrets = (text: string): string =>
  text.includes("://") ? withUrlsRedacted(text) : text;

const withUrlsRedacted = (text: string): string =>
  // Each repetition is bounded, or begins nowhere that it has passed: foreign text must not take the square of its length.
  text.replace(/\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s"'<>`]*[^\s"'<>`:;,.)\]]/gi, (url) => {
    const [, start = "", query = ""] = /^([^?#]*)(.*)$/s.exec(url) ?? [];
    return (
      start.replace(/^([^:]*:\/\/)[^/]*@/, "$1…@") +
      query.replace(/([?&#][^=&#?]*=)[^&#]+/g, "$1…").replace(/([?&#])[^=&#?…]+(?=[?&#]|$)/g, "$1…")
    );
  });

/** A JSON-RPC error as a server gave it. */
export interface AnsweredError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/**
 * The JSON-RPC code of a failure of our own: outside the range that JSON-RPC reserves, as MCP 2026-07-28 "Error Codes"
 * asks of local errors (see README).
 */
export const ownErrorCode = (exitCode: ExitCode): number => -31_000 - exitCode;

/**
 * The only error class a user meets: what happened (`message`), what to try next (`hint`), a stable `code`
 * for programs and the exit code. Messages never hold a secret or a token, and `cause` is never set: it could.
 */
export class M2mcpError extends Error {
  override readonly name = "M2mcpError";
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  /** The server's JSON-RPC error that it stands for, for programs. */
  readonly answered: AnsweredError | undefined;
  /** The HTTP status that is the failure, where one is. */
  readonly status: number | undefined;
  /** When whoever asks to wait asks to come again, in ms since the epoch. */
  againAtMs?: number;

  /** @param verbatim the message is a server's own words, which must reach the user as they are */
  constructor(
    code: string,
    exitCode: ExitCode,
    message: string,
    hint?: string,
    verbatim = false,
    answered?: AnsweredError,
    status?: number,
  ) {
    super(verbatim ? message : withoutUrlSecrets(message));
    this.code = code;
    this.exitCode = exitCode;
    this.answered = answered;
    this.status = status;
    this.hint = hint === undefined ? undefined : withoutUrlSecrets(hint);
  }
}

/** A failure that passes: the network's, or nonsense from who made sense before. */
export const isPassing = (error: unknown): error is M2mcpError =>
  error instanceof M2mcpError && (error.exitCode === EXIT.network || error.exitCode === EXIT.server);

export const wrongUsage = (message: string, hint?: string) =>
  new M2mcpError("usage", EXIT.usage, message, hint);
