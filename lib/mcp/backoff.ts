/** Longest wait between attempts, in ms. */
const CEILING_MS = 30_000;

/** Wait before the next attempt, in ms: doubles with each failure, with jitter so that clients do not come in step. */
export function backoffMs(failures: number, baseMs: number, random: () => number = Math.random): number {
  const fullMs = Math.min(CEILING_MS, baseMs * 2 ** Math.max(0, failures - 1));
  return fullMs * (0.75 + random() * 0.5);
}
