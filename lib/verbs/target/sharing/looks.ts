import type { Found } from "../../../cache/shared-state.ts";
import type { IO } from "../../../ui/io.ts";

const looks = new WeakMap<IO, Record<Found, number>>();

/** What the looks of this process at its cache came to, so far; undefined where it has none. */
export const looksAtCache = (io: IO): Readonly<Record<Found, number>> | undefined => looks.get(io);

/** Begins to count, or goes on with it. */
export function countLooks(io: IO): (found: Found) => void {
  const counts = looks.get(io) ?? { hit: 0, miss: 0, failed: 0 };
  looks.set(io, counts);
  return (found) => {
    counts[found]++;
  };
}
