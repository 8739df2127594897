import type { Id } from "../mcp/jsonrpc/id.ts";
import type { Pending } from "../mcp/jsonrpc/pending.ts";
import { LISTEN } from "../mcp/protocol/subscription.ts";
import { startTimer, type Timer } from "../timing/timer.ts";

/** How much later than due the timer may come before the process must have stood still, in ms. */
const STANDSTILL_MS = 1000;
/** How often is looked for requests that are late, in ms, at least and at most. */
const LOOK_MS = { least: 20, most: 1000 };

/** Watches that no request takes too long in all (MCP 2025-11-25 "Timeouts"): one timer serves all of them. */
export interface LateWatch {
  /** A request has begun. */
  watch(): void;
  stop(): void;
}

/**
 * @param limitMs how long a request may take, whatever is heard meanwhile
 * @param onLate told of each request that took too long
 */
export function createLateWatch<T extends { method: string; sinceMs: number }>(
  pending: Pending<T>,
  limitMs: number,
  onLate: (id: Id, request: T) => void,
): LateWatch {
  const everyMs = Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, limitMs / 20));
  let timer: Timer | undefined;
  let dueMs = 0;
  const look = () => {
    timer = undefined;
    const nowMs = performance.now();
    const lateMs = nowMs - dueMs;
    let waiting = false;
    for (const [id, request] of pending.entries()) {
      if (request.method === LISTEN) continue;
      // The process itself stood still (SIGSTOP, a laptop that slept): that time is nobody's.
      if (lateMs > STANDSTILL_MS) request.sinceMs += lateMs;
      if (nowMs - request.sinceMs >= limitMs) onLate(id, request);
      else waiting = true;
    }
    if (waiting) watch();
  };
  const watch = () => {
    if (timer) return;
    dueMs = performance.now() + everyMs;
    timer = startTimer(everyMs, look);
  };
  return { watch, stop: () => timer?.stop() };
}
