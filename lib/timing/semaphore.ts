/** A fixed number of permits; who finds none waits its turn. */
export interface Semaphore {
  /** Gives what gives the permit back: at once where one is free, else later. */
  acquire(): (() => void) | Promise<() => void>;
}

/** A counting semaphore. */
export function createSemaphore(permits: number): Semaphore {
  let free = permits;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return {
    acquire() {
      if (free === 0) return new Promise((resolve) => void waiting.push(() => resolve(release)));
      free--;
      return release;
    },
  };
}
