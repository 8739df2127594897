import { M2mcpError } from "../../../failure.ts";
import { sleep } from "../../../timing/sleep.ts";
import type { Layer } from "./layer.ts";

/** First and longest wait before a refused connection is tried again, in ms: a server that restarts takes seconds. */
const FIRST_MS = 250;
const LONGEST_MS = 2000;

/**
 * Tries a refused connection again: the server cannot have seen the request. Any other failure may come after it has.
 *
 * @param forMs how long a refused connection is no failure yet, in ms
 */
export const reconnect =
  (forMs: number): Layer =>
  (next) =>
  async (request) => {
    const startedMs = performance.now();
    for (let refused = 0; ; refused++)
      try {
        return await next(request);
      } catch (error) {
        const waitMs = Math.min(FIRST_MS * 2 ** refused, LONGEST_MS);
        const overMs = performance.now() - startedMs + waitMs;
        if (!(error instanceof M2mcpError) || error.code !== "connection_refused" || overMs > forMs)
          throw error;
        await sleep(waitMs, request.signal);
      }
  };
