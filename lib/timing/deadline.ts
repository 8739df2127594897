import { watchIdle } from "./idle-timeout.ts";
import { LONGEST_TIMER_MS } from "./timer.ts";

/** How many times the idle timeout a request may take in all, whatever is heard meanwhile. */
const TIMES = 6;

/** Longest time a request may take in all, in ms, for an idle timeout in ms. */
export const deadlineMs = (timeoutMs: number) => Math.min(TIMES * timeoutMs, LONGEST_TIMER_MS);

/**
 * Waits for `work`, `limitMs` at most (MCP 2025-11-25 "Timeouts": a maximum, regardless of progress). Time in which
 * the process stood still does not count.
 *
 * @param late called when the time is over; makes the error that is thrown
 */
export function withDeadline<T>(work: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const watch = watchIdle(limitMs, () => reject(late()));
    // What comes after the time is over has nobody to hear it.
    work.then(
      (value) => {
        watch.stop();
        resolve(value);
      },
      (error: unknown) => {
        watch.stop();
        reject(error);
      },
    );
  });
}

/** A limit on some work in all, without the time in which somebody else was waited for. */
export interface Pausable {
  /** From now on time does not count; pauses may overlap. */
  pause(): void;
  /** Time counts again where it was left. */
  resume(): void;
  stop(): void;
}

/** Calls `late` once so many ms have counted. The process stays while it runs. */
export function pausableLimit(limitMs: number, late: () => void): Pausable {
  const watch = watchIdle(limitMs, late);
  let leftMs = limitMs;
  let sinceMs = performance.now();
  let pauses = 0;
  let isStopped = false;
  return {
    pause() {
      if (pauses++ > 0) return;
      leftMs = Math.max(1, leftMs - (performance.now() - sinceMs));
      watch.pause();
    },
    resume() {
      if (--pauses > 0 || isStopped) return;
      sinceMs = performance.now();
      watch.refresh(leftMs);
    },
    stop() {
      isStopped = true;
      watch.stop();
    },
  };
}
