// Failures on the way to any server and of its plain HTTP answers.
import { EXIT, M2mcpError } from "../failure.ts";
import type { NotFollowed } from "./redirect.ts";

export const connectionFailed = (what: string, reason: string, hint?: string) =>
  new M2mcpError("connection_failed", EXIT.network, `cannot reach ${what}: ${reason}`, hint);

export const timedOut = (what: string, timeoutMs: number) =>
  new M2mcpError(
    "timeout",
    EXIT.network,
    `${what} did not answer within ${timeoutMs / 1000} s`,
    "try again, or give it longer with --timeout SECONDS",
  );

/** Whether the time was over, of whatever kind. */
export const isTimeout = (error: unknown): error is M2mcpError =>
  error instanceof M2mcpError && error.code === "timeout";

/** The server keeps talking, but the answer does not come: a limit on the whole, besides the idle timeout. */
export const tookTooLong = (what: string, limitMs: number) =>
  new M2mcpError(
    "timeout",
    EXIT.network,
    `${what} kept the request open for ${limitMs / 1000} s without answering it`,
    "check the outcome, then try again; --timeout SECONDS gives it six times as long in all",
  );

/** The connection was refused: the server cannot have seen the request, so it may be sent again. */
export const connectionRefused = (what: string) =>
  new M2mcpError(
    "connection_refused",
    EXIT.network,
    `${what} refused the connection`,
    "check the address and the port, and that the server is running",
  );

export const streamCut = (what: string) =>
  new M2mcpError(
    "stream_cut",
    EXIT.network,
    `${what} closed the connection before the answer; whether the call was carried out is not known`,
    "check the outcome, then try again",
  );

/** Something was answered that is no HTTP: the server was reached, and may have acted on the request. */
export const noHttp = (what: string, reason: string) =>
  new M2mcpError(
    "no_http",
    EXIT.network,
    `${what} sent an answer that cannot be read: ${reason}; whether the call was carried out is not known`,
    "check the address; where that is right, check the outcome, then try again",
  );

export const endedEarly = () =>
  new M2mcpError("ended", EXIT.network, "the bridge was ended before the answer came", "start it again");

/** @param words the server's own, as one line */
export const unexpectedStatus = (what: string, status: number, words?: string) => {
  const hint =
    status === 404
      ? "check the path of the server's address, often /mcp"
      : status >= 500 || status === 429
        ? "the fault is the server's: try again later"
        : "check the server's address and what it expects; --verbose shows each step";
  return new M2mcpError(
    "http_status",
    EXIT.server,
    `${what} answered with HTTP status ${status}${spoken(words)}`,
    hint,
    false,
    undefined,
    status,
  );
};

/** The server asks to wait (429, 503) for longer than the request may take. */
export const retryLater = (what: string, status: number, waitMs: number, words?: string) => {
  const seconds = Math.ceil(waitMs / 1000);
  return new M2mcpError(
    "retry_later",
    EXIT.server,
    `${what} answered with HTTP status ${status} and asks to come again ${seconds === 0 ? "at once, each time" : `in ${seconds} s`}${spoken(words)}`,
    seconds === 0 ? "the fault is the server's: try again later" : `try again after ${seconds} s`,
  );
};

export const invalidAnswer = (what: string, why: string) =>
  new M2mcpError(
    "invalid_answer",
    EXIT.server,
    `${what} sent what is no MCP answer: ${why}`,
    "report it to the server's owner",
  );

export const answerTooLong = (what: string, limitBytes: number) =>
  new M2mcpError(
    "answer_too_long",
    EXIT.server,
    `${what} sent an answer of more than ${Math.round(limitBytes / 1024 / 1024)} MiB`,
    "ask for less at a time",
  );

export const redirectRefused = (what: string, location: string, why: NotFollowed) =>
  new M2mcpError(
    "redirect",
    EXIT.server,
    `${what} ${NOT_FOLLOWED[why].says(location)}`,
    NOT_FOLLOWED[why].hint,
  );

const USE_IT = "if you trust that address, use it instead";
const NOT_FOLLOWED: Record<NotFollowed, { says(location: string): string; hint: string }> = {
  nowhere: { says: () => "redirects without an address to go to", hint: "report it to the server's owner" },
  elsewhere: { says: (to) => `redirects to ${to}; credentials are not carried there`, hint: USE_IT },
  method: { says: (to) => `redirects to ${to} in a way that drops what a POST holds`, hint: USE_IT },
  circle: { says: (to) => `redirects in a circle, last to ${to}`, hint: "report it to the server's owner" },
};

const spoken = (words: string | undefined) => (words === undefined ? "" : `: ${words}`);

/** The server ended a stream with an event that says why. */
export const streamEndedInError = (what: string, words: string) =>
  new M2mcpError(
    "stream_error",
    EXIT.server,
    `${what} ended the stream with an error: ${words}`,
    "the fault is the server's: check the outcome, then try again",
  );
