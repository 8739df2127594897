// Streams that shall stay open for as long as somebody wants them: the standalone GET stream, subscriptions, HTTP+SSE.
import { M2mcpError } from "../../failure.ts";
import { isTimeout } from "../../net/errors.ts";
import type { Schedule } from "../../timing/schedule.ts";
import { sleep } from "../../timing/sleep.ts";
import { METHOD_NOT_FOUND, type Message } from "../jsonrpc/message.ts";
import type { Refused } from "../protocol/answer.ts";
import { isNonsense, mayPass } from "../protocol/refusals/passing.ts";
import type { HttpResponse } from "./body.ts";
import { mediaType } from "./media-type.ts";
import { readMessages } from "./read-messages.ts";
import { readRefused } from "./refusal.ts";
import type { StreamCursor } from "./sse.ts";

/** The server ended it in good order; there was no stream but a refusal; it could not be had, or broke off. */
type Outcome =
  | { kind: "ended" }
  | { kind: "refused"; refusal: Refused }
  | { kind: "failed"; error: M2mcpError };

/** What became of one opening of a stream that is kept open. */
export type StreamEnd = Outcome & {
  /** Whether it was ever granted, in this opening or before: then a refusal may be of the moment. */
  everGranted: boolean;
  /** Whether this opening asked for what came after the last event. */
  resumed: boolean;
};

/** What to do next: open it again where it broke off, open it afresh (what came meanwhile is lost), or leave it. */
export type StreamVerdict = "again" | "afresh" | "stop";

/** What who reads a stream tells of it. */
export interface StreamNotes {
  /** The server has granted the stream. */
  granted(): void;
  /** It brought something new: the next wait starts small again. */
  progressed(): void;
}

export interface KeepOpenOptions {
  /** Where to begin, where somebody else has stopped reading. */
  lastEventId?: string | undefined;
  /** Asks for the stream from where the cursor is. @throws M2mcpError, the signal's reason */
  open(cursor: StreamCursor, signal: AbortSignal): Promise<HttpResponse>;
  /** Reads a stream (status below 300) to its end, keeping the cursor. @throws M2mcpError */
  take(response: HttpResponse, cursor: StreamCursor, notes: StreamNotes): Promise<void>;
  /** Decides how to go on; `judgeStream` unless there is more to know. */
  verdict(end: StreamEnd): StreamVerdict;
  /** The pace of what shares this stream's fate. */
  schedule: Schedule;
  /** Ends it all. */
  signal: AbortSignal;
}

/**
 * Keeps a stream open until the verdict is to leave it, or the signal fires.
 *
 * @returns how the last opening ended; undefined when the signal fired
 * @throws what is no M2mcpError: a fault of our own
 */
export async function keepOpen(options: KeepOpenOptions): Promise<StreamEnd | undefined> {
  const { lastEventId, verdict, schedule, signal } = options;
  let cursor: StreamCursor = lastEventId === undefined ? {} : { lastEventId };
  let everGranted = false;
  while (!signal.aborted) {
    const startedMs = performance.now();
    let progressed = false;
    const resumed = cursor.lastEventId !== undefined;
    const notes: StreamNotes = {
      granted: () => {
        everGranted = true;
      },
      progressed: () => {
        progressed = true;
      },
    };
    const outcome = await openOnce(options, cursor, notes);
    if (signal.aborted) return undefined;
    const end: StreamEnd = { ...outcome, everGranted, resumed };
    const next = verdict(end);
    if (next === "stop") return end;
    const { retryMs } = cursor;
    if (next === "afresh") cursor = retryMs === undefined ? {} : { retryMs };
    const waitMs = schedule.next({
      tookMs: performance.now() - startedMs,
      progressed,
      idle: end.kind === "failed" && isTimeout(end.error),
      offered: everGranted,
      retryMs,
    });
    await sleep(waitMs, signal).catch(() => {});
  }
  return undefined;
}

async function openOnce(
  { open, take, signal }: KeepOpenOptions,
  cursor: StreamCursor,
  notes: StreamNotes,
): Promise<Outcome> {
  try {
    const response = await open(cursor, signal);
    if (response.status >= 300) return { kind: "refused", refusal: await readRefused(response) };
    await take(response, cursor, notes);
    return { kind: "ended" };
  } catch (error) {
    if (error instanceof M2mcpError) return { kind: "failed", error };
    if (signal.aborted) return { kind: "ended" };
    throw error;
  }
}

/** Reads messages from a stream: granted where it is SSE, and each message is something new. */
export const takeMessages =
  (
    url: string,
    log: (line: string) => void,
    deliver: (message: Message) => Promise<void>,
  ): KeepOpenOptions["take"] =>
  async (response, cursor, { granted, progressed }) => {
    if (mediaType(response.headers) === "text/event-stream") granted();
    const take = async (message: Message) => {
      progressed();
      await deliver(message);
    };
    await readMessages(response, { url, cursor, log, take });
  };

/**
 * What the end of a stream means where nothing else is known. Final is what says that there is no such stream: 405 and
 * 501, "method not found", 404 and nonsense where none ever was. All else is tried again, paced.
 */
export function judgeStream(end: StreamEnd): StreamVerdict {
  if (end.kind === "ended") return "again";
  if (end.kind === "failed") return isNonsense(end.error) && !end.everGranted ? "stop" : "again";
  const { status, error } = end.refusal;
  if (status === 405 || status === 501 || error?.code === METHOD_NOT_FOUND) return "stop";
  if (status === 404 && !end.everGranted) return "stop";
  return end.resumed && !mayPass(status) ? "afresh" : "again";
}
