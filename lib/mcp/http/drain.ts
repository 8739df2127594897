import { startTimer, type Timer } from "../../timing/timer.ts";

/** How long a stream is read on after its answer, in ms: one that ends by then leaves its connection to the next. */
const DRAIN_MS = 2000;
/** Streams read on at once; with the requests and the streams that stand they must stay below a runtime's 256 connections. */
const MAX_DRAINS = 12;

/** Streams whose answer has come: what is left of them holds nothing up, for a short time, and few at once. */
export interface Drains {
  /**
   * @param abort ends the stream
   * @returns what to call when it has ended by itself
   */
  add(abort: AbortController): () => void;
}

export function createDrains(): Drains {
  const open = new Map<AbortController, Timer>();
  const end = (abort: AbortController) => {
    open.get(abort)?.stop();
    open.delete(abort);
  };
  return {
    add(abort) {
      if (!open.has(abort)) {
        for (const oldest of open.keys()) {
          if (open.size < MAX_DRAINS) break;
          end(oldest);
          oldest.abort();
        }
        const timer = startTimer(DRAIN_MS, () => {
          end(abort);
          abort.abort();
        });
        timer.keepAlive(false);
        open.set(abort, timer);
      }
      return () => end(abort);
    },
  };
}
