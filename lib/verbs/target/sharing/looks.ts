import type { Found, WriteOutcome } from "../../../cache/entry.ts";
import type { CacheLink } from "../../../cache/link.ts";
import type { IO } from "../../../ui/io.ts";

/** What this process has asked of its cache, by what came of it. */
export interface CacheCounts {
  looks: Record<Found, number>;
  writes: Record<WriteOutcome, number>;
}
/** Told how long each question took, in ms. */
type Timing = (durationMs: number, isAnswered: boolean) => void;

const counted = new WeakMap<IO, CacheCounts>();
const timings = new WeakMap<IO, Timing>();

/** What this process has asked of its cache so far; undefined where it has none. */
export const askedOfCache = (io: IO): Readonly<CacheCounts> | undefined => counted.get(io);

/** Has a process's questions to its cache timed from now on. */
export const timeCache = (io: IO, timing: Timing): void => void timings.set(io, timing);

/** Begins to count, or goes on with it. */
export function countAsked(io: IO): CacheCounts {
  const counts = counted.get(io) ?? {
    looks: { hit: 0, miss: 0, failed: 0 },
    writes: { written: 0, changed: 0, lost: 0, failed: 0 },
  };
  counted.set(io, counts);
  return counts;
}

/** A link whose questions are timed where somebody wants to know. */
export const timedLink = (io: IO, link: CacheLink): CacheLink => ({
  ...link,
  async ask(question) {
    const timing = timings.get(io);
    if (!timing) return link.ask(question);
    const beganMs = performance.now();
    const answer = await link.ask(question);
    timing(performance.now() - beganMs, answer !== undefined);
    return answer;
  },
});
