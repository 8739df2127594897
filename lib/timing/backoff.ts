/** Longest wait between attempts, in ms. */
export const CEILING_MS = 30_000;

/** Wait before the next attempt, in ms: doubles with each failure, with jitter so that clients do not come in step. */
export function backoffMs(
  failures: number,
  baseMs: number,
  random: () => number = Math.random,
  ceilingMs: number = CEILING_MS,
): number {
  const fullMs = Math.min(ceilingMs, baseMs * 2 ** Math.max(0, failures - 1));
  return fullMs * (0.75 + random() * 0.5);
}

/** Wait before a stream is resumed whose server named no `retry`, in ms. */
const RESUME_MS = 1000;
/** Base of the wait where a server names a shorter `retry` but ends each stream at once, in ms. */
const FLOOR_MS = 100;

/**
 * Wait before a broken stream is asked for again, in ms: what the server named in `retry`, and never a hot loop.
 *
 * @param fruitless attempts in a row that brought nothing new
 */
export function resumeAfterMs(
  retryMs: number | undefined,
  fruitless: number,
  random: () => number = Math.random,
  ceilingMs: number = CEILING_MS,
): number {
  if (retryMs === undefined) return backoffMs(fruitless, RESUME_MS, random, ceilingMs);
  const leastMs = fruitless === 0 ? FLOOR_MS : backoffMs(fruitless, FLOOR_MS, random, ceilingMs);
  return Math.max(retryMs, leastMs);
}
