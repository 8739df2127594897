import { startTimer, type Timer } from "./timer.ts";

/** Watches that something comes at least every so often (undici's `bodyTimeout`). */
export interface IdleWatch {
  /** Something came: the time starts anew. @param limitMs another limit from now on, in ms; Infinity for none */
  refresh(limitMs?: number): void;
  /** From now until the next refresh, time does not count: our own side is busy. */
  pause(): void;
  stop(): void;
}

/** How much later than due the clock may tick before the process itself must have stood still, in ms. */
const STANDSTILL_MS = 1000;
/** What a watch has at least after a standstill, in ms: what came meanwhile is still to be read, or on its way. */
const GRACE_MS = 10_000;
/** Longest time between two ticks, in ms: a standstill shorter than this may go unnoticed. */
const LONGEST_TICK_MS = 10_000;
/** Or this part of the limit where that is longer: each tick wakes a process at rest, and so little is no matter. */
const UNNOTICED_PART = 1 / 20;
const SHORTEST_TICK_MS = 250;
/** Timers may fire this much early, in ms. */
const EARLY_MS = 1;

const nothing = () => {};

/** What is watched; a class, since there is one for each request. */
class Watched implements IdleWatch {
  readonly clock: { nowMs(): number; look(one: Watched): void; forget(one: Watched): void };
  idle: () => void;
  limitMs: number;
  /** When something came last. */
  sinceMs: number;
  paused = false;

  constructor(clock: Watched["clock"], limitMs: number, idle: () => void) {
    this.clock = clock;
    this.limitMs = limitMs;
    this.idle = idle;
    this.sinceMs = clock.nowMs();
  }
  refresh(limitMs?: number): void {
    this.paused = false;
    this.sinceMs = this.clock.nowMs();
    if (limitMs === undefined || limitMs === this.limitMs) return;
    this.limitMs = limitMs;
    this.clock.look(this);
  }
  pause(): void {
    this.paused = true;
  }
  stop(): void {
    // A set of the runtime holds what was taken out of it until all of the heap is collected.
    this.idle = nothing;
    this.clock.forget(this);
  }
}

/**
 * One clock for all that is watched: a single timer, set for the earliest end, not re-armed for what comes. A clock
 * that ticks late tells that the process stood still (SIGSTOP, a laptop that slept): that time counts for nobody.
 *
 * @param nowMs ms on a clock that never goes back
 */
export function createIdleClock(
  nowMs: () => number = () => performance.now(),
  start: (delayMs: number, run: () => void) => Timer = startTimer,
) {
  const watched = new Set<Watched>();
  let dueMs = Number.POSITIVE_INFINITY;
  let timer: Timer | undefined;

  function arm(atMs: number, now: number): void {
    timer?.stop();
    dueMs = atMs;
    timer = start(Math.max(0, atMs - now), tick);
  }

  function tick(): void {
    const now = nowMs();
    const lateMs = now - dueMs;
    timer = undefined;
    dueMs = Number.POSITIVE_INFINITY;
    let nextMs = Number.POSITIVE_INFINITY;
    for (const one of watched) {
      if (one.paused) one.sinceMs = now;
      else if (lateMs > STANDSTILL_MS) one.sinceMs = afterStandstill(one, lateMs, now);
      if (now + EARLY_MS > one.sinceMs + one.limitMs) {
        watched.delete(one);
        one.idle();
      } else nextMs = Math.min(nextMs, nextLook(one, now));
    }
    // Whoever was told may have started a watch of its own.
    if (nextMs < dueMs) arm(nextMs, now);
    keepAlive();
  }

  const keepAlive = () => timer?.keepAlive(watched.size > 0);

  const clock = {
    nowMs,
    /** Looks after a watch from now on, unless it is one that never ends. */
    look(one: Watched) {
      if (!Number.isFinite(one.limitMs)) return clock.forget(one);
      watched.add(one);
      if (watched.size === 1) keepAlive();
      const lookMs = nextLook(one, one.sinceMs);
      if (lookMs < dueMs) arm(lookMs, one.sinceMs);
    },
    forget(one: Watched) {
      if (watched.delete(one) && watched.size === 0) keepAlive();
    },
  };

  return {
    /** Calls `idle` once nothing came for `limitMs`, never for Infinity. The process stays while anything is watched. */
    watch(limitMs: number, idle: () => void): IdleWatch {
      const one = new Watched(clock, limitMs, idle);
      clock.look(one);
      return one;
    },
  };
}

/** When to look at a watch again: at its end, and before it often enough to notice a standstill. */
function nextLook({ sinceMs, limitMs }: Watched, now: number): number {
  const longestMs = Math.max(LONGEST_TICK_MS, limitMs * UNNOTICED_PART);
  const tickMs = Math.min(longestMs, Math.max(SHORTEST_TICK_MS, limitMs / 4));
  return Math.min(sinceMs + limitMs, now + tickMs);
}

const afterStandstill = ({ sinceMs, limitMs }: Watched, lateMs: number, now: number) =>
  Math.min(now, Math.max(sinceMs + lateMs, now - limitMs + Math.min(limitMs, GRACE_MS)));

/** The clock of this process. @see createIdleClock */
export const watchIdle = createIdleClock().watch;
