/**
 * For how long something that is looked at now and then has been the same, by this process's own clock: neither a clock
 * that was set nor another host's makes a difference.
 *
 * @param longestLookMs one look counts for so long at most, in ms: who was stopped has not watched
 * @returns to be called with what is seen; tells for how long it has been the same, in ms
 */
export function watchStillness(longestLookMs: number): (seen: string) => number {
  let before: string | undefined;
  let stillMs = 0;
  let lookedMs = performance.now();
  return (seen) => {
    const nowMs = performance.now();
    stillMs = seen === before ? stillMs + Math.min(nowMs - lookedMs, longestLookMs) : 0;
    before = seen;
    lookedMs = nowMs;
    return stillMs;
  };
}
