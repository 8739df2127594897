// Which refusals and failures the next try may not meet.
import { EXIT, M2mcpError } from "../../../failure.ts";
import { type Answer, errorIn } from "../answer.ts";

/** Refusals that may pass although they name the request's fault: the old stream is still held, or the server is busy. */
const MAY_PASS: readonly number[] = [408, 409, 425, 429];
/** Whether the next try may not meet a refusal with this status. */
export const mayPass = (status: number): boolean => status >= 500 || MAY_PASS.includes(status);

/** A refusal that the next try would meet too. */
export const isForGood = (answer: Answer): boolean =>
  answer.kind === "response" ? errorIn(answer) !== undefined : !mayPass(answer.status);

/** Failures of servers, those that issue tokens or name who does among them, that say of themselves that they pass. */
const FOR_NOW = [
  "token_unavailable",
  "identity_unavailable",
  "busy",
  "retry_later",
  "http_status",
  "no_authorization_server",
];
/** A failure that says nothing of what was asked for: the network's, or a server's that is busy or out of order for now. */
export const isForNow = (error: unknown): boolean =>
  error instanceof M2mcpError &&
  (error.exitCode === EXIT.network || (error.exitCode === EXIT.server && FOR_NOW.includes(error.code)));

/** An answer that makes no sense, and will make none: where a stream was asked for, there is none. */
export const isNonsense = (error: M2mcpError): boolean => error.exitCode === EXIT.server && !isForNow(error);
