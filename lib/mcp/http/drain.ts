import { startTimer, type Timer } from "../../timing/timer.ts";

/** How long a stream is read on, in ms: one that ends by then leaves its connection to the next. */
const DRAIN_MS = 2000;
/** Streams read on at once; with the requests and the streams that stand they must stay below a runtime's 256 connections. */
const MAX_DRAINS = 12;

/**
 * Streams whose answer has come, or that nobody waits for any more: what is left of them holds nothing up, for a short time,
 * and few at once.
 */
export interface Drains {
  /**
   * @param abort ends the stream
   * @param reason what it is ended with
   * @returns what to call when it has ended by itself
   */
  add(abort: AbortController, reason?: unknown): () => void;
}

/** The streams of one server; none is read on yet. */
export function createDrains(): Drains {
  const open = new Map<AbortController, { timer: Timer; reason: unknown }>();
  const leave = (abort: AbortController) => {
    open.get(abort)?.timer.stop();
    open.delete(abort);
  };
  const end = (abort: AbortController) => {
    const reason = open.get(abort)?.reason;
    leave(abort);
    abort.abort(reason);
  };
  return {
    add(abort, reason) {
      if (!open.has(abort)) {
        for (const oldest of open.keys()) if (open.size >= MAX_DRAINS) end(oldest);
        const timer = startTimer(DRAIN_MS, () => end(abort));
        timer.keepAlive(false);
        open.set(abort, { timer, reason });
      }
      return () => leave(abort);
    },
  };
}
