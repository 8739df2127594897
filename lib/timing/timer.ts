/** Longest time a timer runs, in ms: `setTimeout` fires at once beyond it. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A timer under way. */
export interface Timer {
  stop(): void;
  /** Whether the process stays for it; it does at first. */
  keepAlive(keep: boolean): void;
}

/** Calls `run` after so many ms; a longer time than a timer can run is cut. The one place that touches `setTimeout`. */
export function startTimer(delayMs: number, run: () => void): Timer {
  const timer = setTimeout(run, Math.min(delayMs, LONGEST_TIMER_MS));
  return {
    stop: () => clearTimeout(timer),
    keepAlive(keep) {
      if (keep) timer.ref?.();
      else timer.unref?.();
    },
  };
}
