import { EXIT, M2mcpError } from "../../failure.ts";
import { resumeAfterMs } from "../../timing/backoff.ts";
import { sleep } from "../../timing/sleep.ts";
import type { HttpResponse } from "../http/body.ts";
import { mediaType, readAnswers, readRefused } from "../http/read-messages.ts";
import type { StreamCursor } from "../http/sse.ts";
import type { Message } from "../jsonrpc/message.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { judge } from "../protocol/verdict.ts";

/** A stream that lasted this long was no failure, in ms. */
const LASTED_MS = 5000;
/** Refusals that may pass: the server still holds the old stream, or is busy. */
const MAY_PASS = [408, 409, 425, 429];

export interface StandaloneStreamOptions {
  endpoint: Endpoint;
  /** Sends the GET, from where the cursor is. */
  open(cursor: StreamCursor, signal: AbortSignal): Promise<HttpResponse>;
  take(message: Message): Promise<void>;
  /** Fires when the session, or the use of it, ends. */
  signal: AbortSignal;
  /** Told that the server no longer knows the session; another stream then takes this one's place. */
  onLost(): void;
  /** Failures in a row of the streams before this one, so that the wait goes on growing. */
  failures: number;
}

/** What one attempt to hold the stream came to. */
type Attempt =
  | { kind: "ended"; heard: boolean }
  | { kind: "silent" }
  | { kind: "failed" }
  /** No stream is to be had, or the session is over. */
  | { kind: "over" };

/**
 * Keeps the standalone SSE stream of a session open (MCP 2025-11-25 "Listening for Messages from the Server"), for as long
 * as the server offers one. Never rejects.
 */
export async function keepStandaloneStream(options: StandaloneStreamOptions): Promise<void> {
  const { signal } = options;
  const held = { cursor: {} as StreamCursor, opened: false };
  for (let fruitless = options.failures; !signal.aborted; ) {
    const startedMs = performance.now();
    const attempt = await holdOnce(held, options);
    if (attempt.kind === "over") return;
    const lasted = performance.now() - startedMs > LASTED_MS;
    fruitless = lasted || (attempt.kind === "ended" && attempt.heard) ? 0 : fruitless + 1;
    // A connection whose other end is gone is silent too, so it is made anew; that should cost no message.
    if (attempt.kind === "silent" && lasted) continue;
    await sleep(resumeAfterMs(held.cursor.retryMs, fruitless), signal).catch(() => {});
  }
}

interface Held {
  cursor: StreamCursor;
  /** Whether there ever was a stream: then a refusal may pass, or tell of the session. */
  opened: boolean;
}

async function holdOnce(held: Held, options: StandaloneStreamOptions): Promise<Attempt> {
  const { endpoint, open, take, signal } = options;
  let heard = false;
  try {
    const response = await open(held.cursor, signal);
    if (response.status >= 300) return await onRefusal(response, held, options);
    held.opened ||= mediaType(response.headers) === "text/event-stream";
    await readAnswers(response, endpoint.url, held.cursor, endpoint.log, (message) => {
      heard = true;
      return take(message);
    });
    return { kind: "ended", heard };
  } catch (error) {
    if (signal.aborted || !(error instanceof M2mcpError)) return { kind: "over" };
    // What answers nonsense from the start offers no stream; what does so later may be a fault that passes.
    if (error.exitCode !== EXIT.network && !(held.opened && error.exitCode === EXIT.server))
      return { kind: "over" };
    if (error.code === "timeout") return { kind: "silent" };
    return heard ? { kind: "ended", heard } : { kind: "failed" };
  }
}

async function onRefusal(
  response: HttpResponse,
  held: Held,
  { onLost }: StandaloneStreamOptions,
): Promise<Attempt> {
  const refusal = await readRefused(response);
  const { status } = refusal;
  // Before a stream was ever open, a refusal only says that there is none to be had.
  if (
    held.opened &&
    judge({ era: "legacy", method: "", inSession: true, proven: true }, refusal).kind === "session_lost"
  ) {
    onLost();
    return { kind: "over" };
  }
  if (status >= 500 || MAY_PASS.includes(status)) return { kind: "failed" };
  if (!held.cursor.lastEventId || status === 405) return { kind: "over" };
  // What came meanwhile is lost; what comes need not be.
  delete held.cursor.lastEventId;
  return { kind: "failed" };
}
