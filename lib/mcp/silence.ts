/** Watches that something is heard at least every so often. */
export interface SilenceWatch {
  /** Fires with the error given, once nothing was heard for the whole time. */
  readonly signal: AbortSignal;
  /** Something was heard: the time starts anew. */
  heard(): void;
  stop(): void;
}

/** Starts watching; `limitMs` of Infinity never fires. One timer, not re-armed for every chunk. */
export function watchSilence(limitMs: number, error: () => Error): SilenceWatch {
  const controller = new AbortController();
  let lastMs = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const arm = (delayMs: number) => {
    timer = setTimeout(() => {
      const silentMs = performance.now() - lastMs;
      if (silentMs >= limitMs) controller.abort(error());
      else arm(limitMs - silentMs);
    }, delayMs);
  };
  if (Number.isFinite(limitMs)) arm(limitMs);
  return {
    signal: controller.signal,
    heard: () => {
      lastMs = performance.now();
    },
    stop: () => clearTimeout(timer),
  };
}
