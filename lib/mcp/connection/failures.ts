import { EXIT, M2mcpError } from "../../failure.ts";
import type { Refused } from "../protocol/answer.ts";
import type { ServerEra } from "../protocol/endpoint.ts";
import { judge } from "../protocol/verdict.ts";

/** Why a server was not opened in one era: it refused, or answered what is no answer there. */
export type AttemptFailure = { kind: "refused"; refusal: Refused } | { kind: "thrown"; error: M2mcpError };

/** Errors with which a server, not the way to it, refuses a question: they settle no more than that. */
const SERVERS_WORD: readonly string[] = ["not_authorized", "login_needed", "forbidden"];
const NO_ANSWER: readonly string[] = ["content_type", "invalid_answer", "redirect", "stream_error"];

/** How one era was asked. */
export interface Attempted {
  era: ServerEra;
  /** Whether the era was our own guess. */
  isGuess: boolean;
  /** Whether what was asked only reads: then it may have been acted on and still be asked again. */
  isReading: boolean;
}

/** What was thrown while an era was opened, where another era may still be asked; undefined where it ends the search. */
export function asAttemptFailure(
  { era, isGuess, isReading }: Attempted,
  error: unknown,
): AttemptFailure | undefined {
  if (!(error instanceof M2mcpError)) return undefined;
  const failure = { kind: "thrown", error } as const;
  // A server that opens no stream of HTTP+SSE is no such server.
  if (era === "sse") return error.exitCode === EXIT.server ? failure : undefined;
  if (error.code === "old_transport") return failure;
  const settlesNothing =
    SERVERS_WORD.includes(error.code) ||
    NO_ANSWER.includes(error.code) ||
    (error.code === "stream_cut" && isReading);
  return era === "modern" && isGuess && settlesNothing ? failure : undefined;
}

/** The eras to ask after an opening failed, likeliest first. */
export function erasAfter(era: ServerEra, isGuess: boolean, failure: AttemptFailure): readonly ServerEra[] {
  if (failure.kind === "thrown") {
    if (failure.error.code === "old_transport") return ["sse"];
    return era === "sse" ? ["legacy", "modern"] : ["legacy"];
  }
  const method = era === "modern" ? "server/discover" : "initialize";
  const verdict = judge({ era, method, guessed: isGuess }, failure.refusal);
  return verdict.kind === "other_era" ? verdict.eras : [];
}

/** Statuses of what is not there. */
const ABSENT = [404, 405, 501];

/** How far an attempt came: no such transport, refused at its door, or refused within it. */
export function distanceOf(era: ServerEra, failure: AttemptFailure): number {
  if (failure.kind === "thrown") {
    if (failure.error.code === "endpoint_elsewhere") return 3;
    return SERVERS_WORD.includes(failure.error.code) ? 2 : 0;
  }
  const { status, error, isUnsent } = failure.refusal;
  if (isUnsent) return ABSENT.includes(status) ? 0 : 2;
  if (era === "sse") return 3;
  if (error) return 1;
  return ABSENT.includes(status) ? 0 : 2;
}
