/** The last moment that `Date` has, in ms since the epoch (ECMA-262 §21.4.1.1). */
const LAST_MS = 8.64e15;

/**
 * A moment as others state it, in ms since the epoch, which may be any number: what lies beyond `Date` counts as its last
 * or first moment. Undefined for what is no number.
 */
export const momentMs = (ms: unknown): number | undefined =>
  typeof ms === "number" && !Number.isNaN(ms) ? Math.max(-LAST_MS, Math.min(LAST_MS, ms)) : undefined;

/** The same of a NumericDate, in s since the epoch (RFC 7519 §2). */
export const numericDateMs = (seconds: unknown): number | undefined =>
  typeof seconds === "number" ? momentMs(seconds * 1000) : undefined;

/** A number, also as text. */
export function numberIn(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Above it a number of a moment counts ms, not s. */
const MS_FROM = 1e11;

/** A moment in ms since the epoch: seconds or ms, or a date; az writes one without a zone, which is the local one. */
export function momentIn(value: unknown): number | undefined {
  const number = numberIn(value);
  if (number !== undefined)
    return number > 0 ? momentMs(number < MS_FROM ? number * 1000 : number) : undefined;
  if (typeof value !== "string") return undefined;
  return momentMs(
    Date.parse(value.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d{1,3})?\d*$/, "$1T$2$3")),
  );
}

/** What is dated further in the future than this was written under a clock that was wrong, in ms. */
export const FUTURE_MS = 5 * 60_000;

/** Whether what was found out at a moment still counts, by how long it does; what is of the future does not. */
export const isYoung = (atMs: number, lifeMs: number, nowMs: number): boolean =>
  nowMs - atMs < lifeMs && atMs - nowMs <= FUTURE_MS;
