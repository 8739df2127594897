/** Watches that something is heard at least every so often. */
export interface SilenceWatch {
  /** Something was heard: the time starts anew. */
  heard(): void;
  /** From now until something is heard, time does not count: our own side is busy. */
  hold(): void;
  stop(): void;
}

const NO_WATCH: SilenceWatch = { heard() {}, hold() {}, stop() {} };

/**
 * Starts watching: calls `silent` once nothing was heard for `limitMs`, never for Infinity. One timer, not re-armed
 * for every chunk.
 */
export function watchSilence(limitMs: number, silent: () => void): SilenceWatch {
  if (!Number.isFinite(limitMs)) return NO_WATCH;
  let lastMs = performance.now();
  let held = false;
  let timer: ReturnType<typeof setTimeout>;
  const look = () => {
    const silentMs = held ? 0 : performance.now() - lastMs;
    if (silentMs >= limitMs) silent();
    else timer = setTimeout(look, limitMs - silentMs);
  };
  timer = setTimeout(look, limitMs);
  return {
    heard: () => {
      held = false;
      lastMs = performance.now();
    },
    hold: () => {
      held = true;
    },
    stop: () => clearTimeout(timer),
  };
}
