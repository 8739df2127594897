/** A fixed number of places; who finds none waits its turn. */
export function createSlots(places: number) {
  let free = places;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return {
    /** Resolves with what gives the place back. */
    async take(): Promise<() => void> {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
      return release;
    },
  };
}
