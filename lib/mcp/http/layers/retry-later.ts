import { retryLater as askedToWait } from "../../../net/errors.ts";
import { hostOf } from "../../../net/network-error.ts";
import { waitAsked } from "../../../net/retry-after.ts";
import { toldWords } from "../../../net/words.ts";
import { backoffMs } from "../../../timing/backoff.ts";
import { sleep } from "../../../timing/sleep.ts";
import { readErrorBody } from "../refusal.ts";
import type { Layer } from "./layer.ts";

/** Base of the wait where a server says `Retry-After: 0` again and again, in ms. */
const AGAIN_MS = 100;

/**
 * Waits where the server asks for it: 429 and 503 with `Retry-After` (RFC 9110 §10.2.3). It has not acted on the
 * request then. Without the header the response comes back as it is.
 *
 * @param limitMs longest time spent on one request, in ms, where the request names no longest wait
 * @throws M2mcpError retry_later, with the server's words, when the wait is longer
 */
export const retryLater =
  (limitMs: number, log: (line: string) => void): Layer =>
  (next) =>
  async (request) => {
    const startedMs = performance.now();
    for (let waits = 0; ; waits++) {
      const response = await next(request);
      const waitMs = waitAsked(response);
      if (waitMs === undefined) return response;
      const leftMs = request.longestWaitMs ?? limitMs - (performance.now() - startedMs);
      if (waitMs >= leftMs) {
        const words = toldWords(await readErrorBody(response), response.headers);
        throw askedToWait(hostOf(request.url), response.status, waitMs, words);
      }
      await response.discard();
      log(`the server asks to wait ${waitMs / 1000} s`);
      const leastMs = waits === 0 ? 0 : Math.min(backoffMs(waits, AGAIN_MS), leftMs);
      await sleep(Math.max(waitMs, leastMs), request.signal);
    }
  };
