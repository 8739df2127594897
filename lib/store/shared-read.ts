/** How long what was read first is as good as what would be read now, in ms. */
const SHARED_MS = 100;

/**
 * A command asks for the token and for what is known of the server, which are in one file: at the start one reading
 * serves both. It ends with the first change, with the first lock, and after a moment.
 */
export function createSharedRead<T>() {
  let first: { reading: Promise<T>; atMs: number } | undefined;
  let ended = false;
  return {
    read(now: () => Promise<T>): Promise<T> {
      if (ended) return now();
      first ??= { reading: now(), atMs: performance.now() };
      if (performance.now() - first.atMs < SHARED_MS) return first.reading;
      ended = true;
      return now();
    },
    end() {
      ended = true;
    },
  };
}
