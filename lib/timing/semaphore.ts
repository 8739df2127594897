/** A counting semaphore: a fixed number of permits; who finds none waits its turn. */
export function createSemaphore(permits: number) {
  let free = permits;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return {
    /** Resolves with what gives the permit back. */
    async acquire(): Promise<() => void> {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
      return release;
    },
  };
}
