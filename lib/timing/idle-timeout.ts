/** Watches that something comes at least every so often (undici's `bodyTimeout`). */
export interface IdleWatch {
  /** Something came: the time starts anew. */
  refresh(): void;
  /** From now until the next refresh, time does not count: our own side is busy. */
  pause(): void;
  stop(): void;
}

const NO_WATCH: IdleWatch = { refresh() {}, pause() {}, stop() {} };

/**
 * Starts watching: calls `idle` once nothing came for `limitMs`, never for Infinity. One timer, not re-armed for every
 * chunk.
 */
export function watchIdle(limitMs: number, idle: () => void): IdleWatch {
  if (!Number.isFinite(limitMs)) return NO_WATCH;
  let lastMs = performance.now();
  let paused = false;
  let timer: ReturnType<typeof setTimeout>;
  const look = () => {
    const idleMs = paused ? 0 : performance.now() - lastMs;
    if (idleMs >= limitMs) idle();
    else timer = setTimeout(look, limitMs - idleMs);
  };
  timer = setTimeout(look, limitMs);
  return {
    refresh: () => {
      paused = false;
      lastMs = performance.now();
    },
    pause: () => {
      paused = true;
    },
    stop: () => clearTimeout(timer),
  };
}
