import type { Id } from "../mcp/jsonrpc/id.ts";
import type { Pending } from "../mcp/jsonrpc/pending.ts";
import { LISTEN } from "../mcp/protocol/subscription.ts";
import { startTimer, type Timer } from "../timing/timer.ts";

/** How often is looked for requests that are late, in ms, at least and at most. */
const LOOK_MS = { least: 20, most: 1000 };
/** How much later than due a look may be before the process itself must have stood still, in ms. */
const STANDSTILL_MS = 1000;

/** Watches that no request takes too long in all (MCP 2025-11-25 "Timeouts"): one timer serves all of them. */
export interface LateWatch {
  /** A request has begun. */
  watch(): void;
  stop(): void;
}

/**
 * Time in which the process stood still (SIGSTOP, a laptop that slept) does not count.
 *
 * @param limitMs how long a request may take, whatever is heard meanwhile
 * @param onLate told of each request that took too long
 * @param nowMs ms on a clock that never goes back
 */
export function createLateWatch<T extends { method: string; sinceMs: number }>(
  pending: Pending<T>,
  limitMs: number,
  onLate: (id: Id, request: T) => void,
  nowMs: () => number = () => performance.now(),
  start: (delayMs: number, run: () => void) => Timer = startTimer,
): LateWatch {
  const everyMs = Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, limitMs / 20));
  let timer: Timer | undefined;
  let dueMs = 0;
  const look = () => {
    timer = undefined;
    const now = nowMs();
    const stoodMs = now - dueMs > STANDSTILL_MS ? now - dueMs : 0;
    let waiting = false;
    for (const [id, request] of pending.entries()) {
      if (request.method === LISTEN) continue;
      request.sinceMs = Math.min(now, request.sinceMs + stoodMs);
      if (now - request.sinceMs >= limitMs) onLate(id, request);
      else waiting = true;
    }
    if (waiting) watch();
  };
  const watch = () => {
    if (timer) return;
    dueMs = nowMs() + everyMs;
    timer = start(everyMs, look);
  };
  return { watch, stop: () => timer?.stop() };
}
