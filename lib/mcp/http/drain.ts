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
  const open = new Map<AbortController, ReturnType<typeof setTimeout>>();
  const end = (abort: AbortController) => {
    clearTimeout(open.get(abort));
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
        const timer = setTimeout(() => {
          end(abort);
          abort.abort();
        }, DRAIN_MS);
        timer.unref?.();
        open.set(abort, timer);
      }
      return () => end(abort);
    },
  };
}
