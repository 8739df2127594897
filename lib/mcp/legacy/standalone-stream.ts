import { EXIT, M2mcpError } from "../../failure.ts";
import { resumeAfterMs } from "../../timing/backoff.ts";
import { sleep } from "../../timing/sleep.ts";
import type { HttpResponse } from "../http/body.ts";
import { mediaType, readAnswers, readErrorAnswer } from "../http/read-messages.ts";
import type { StreamCursor } from "../http/sse.ts";
import type { Message } from "../jsonrpc/message.ts";
import type { ErrorAnswer } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";

/** A stream that lasted this long was no failure, in ms. */
const LASTED_MS = 5000;
/** Refusals of a stream that may pass: the server still holds the old one, or is busy. */
const MAY_PASS = [408, 409, 425, 429];

/** The stream of what a legacy server says unasked. */
export interface UnaskedStream {
  /** Opens the stream of the session as it stands, and keeps it open. */
  listen(): void;
  stop(): void;
}

/** What the stream needs of its session. */
export interface UnaskedStreamOptions {
  /** Sends the GET, from where the cursor is. */
  open(cursor: StreamCursor, signal: AbortSignal): Promise<HttpResponse>;
  take(message: Message): Promise<void>;
  /** Fires at the end of the session's use. */
  ended: AbortSignal;
  session(): string | undefined;
  isLostSession(failure: ErrorAnswer): boolean;
  /** Opens the session anew, and a stream of its own with it. */
  reopen(lost: string): Promise<void>;
}

/** Keeps the GET stream open (MCP 2025-11-25 "Listening for Messages from the Server"), for as long as there is one. */
export function createUnaskedStream(
  endpoint: Endpoint,
  { open, take, ended, session, isLostSession, reopen }: UnaskedStreamOptions,
): UnaskedStream {
  let listening: AbortController | undefined;
  /** Sessions lost in a row as this stream saw it. */
  let losses = 0;

  async function keep(signal: AbortSignal): Promise<void> {
    const cursor: StreamCursor = {};
    let opened = false;
    for (let fruitless = losses; !signal.aborted; ) {
      const startedMs = performance.now();
      const usedSession = session();
      let heard = false;
      let silent = false;
      try {
        const response = await open(cursor, signal);
        const { status } = response;
        if (status < 300) {
          opened ||= mediaType(response.headers) === "text/event-stream";
          await readAnswers(response, endpoint.url, cursor, endpoint.log, async (message) => {
            heard = true;
            await take(message);
          });
        } else {
          const failure = await readErrorAnswer(response);
          // Before a stream was ever open, a refusal only says that there is none to be had.
          if (opened && usedSession !== undefined && isLostSession(failure)) {
            losses++;
            // A new session brings a new stream of its own.
            if (session() === usedSession) await reopen(usedSession);
            return;
          }
          if (status < 500 && !MAY_PASS.includes(status)) {
            if (!cursor.lastEventId || status === 405) return;
            // What came meanwhile is lost; what comes need not be.
            delete cursor.lastEventId;
          }
        }
      } catch (error) {
        if (signal.aborted || !(error instanceof M2mcpError)) return;
        // What answers nonsense from the start offers no stream; what does so later may be a fault that passes.
        if (error.exitCode !== EXIT.network && !(opened && error.exitCode === EXIT.server)) return;
        silent = error.code === "timeout";
      }
      const lasted = performance.now() - startedMs > LASTED_MS;
      if (heard || lasted) fruitless = losses = 0;
      else fruitless++;
      // A connection whose other end is gone is silent too, so it is made anew; that should cost no message.
      if (!(silent && lasted)) await sleep(resumeAfterMs(cursor.retryMs, fruitless), signal);
    }
  }

  return {
    listen() {
      listening = new AbortController();
      void keep(AbortSignal.any([ended, listening.signal])).catch(() => {});
    },
    stop: () => listening?.abort(),
  };
}
