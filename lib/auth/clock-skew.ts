import { serverTimeMs } from "../net/retry-after.ts";

/** Clocks that differ by less are no reason for a refusal, nor to doubt one, in ms. */
export const SKEW_MS = 5000;

/** How far the clock of who answered is ahead of ours, in ms; `Date` has whole seconds. */
export function clockSkew({ headers }: { headers: Headers }, nowMs: number): number {
  const atMs = serverTimeMs(headers);
  return atMs === undefined ? 0 : atMs + 500 - nowMs;
}

/** A skew in words: `600 s ahead of`. */
export const inSeconds = (skewMs: number): string =>
  `${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs < 0 ? "behind" : "ahead of"}`;
