import { expect, test } from "bun:test";
import { momentMs, numericDateMs } from "../lib/moment.ts";

test("a moment that others state is one that a date can show, or none", () => {
  for (const seconds of [0, 1.5, -1, 1e9, 8.64e12 + 1, 1e300, -1e300, Number.POSITIVE_INFINITY]) {
    const atMs = numericDateMs(seconds) ?? Number.NaN;
    expect(() => new Date(atMs).toISOString()).not.toThrow();
  }
  expect(numericDateMs(1.5)).toBe(1500);
  for (const none of [Number.NaN, "1", null, undefined, [], {}, true]) expect(momentMs(none)).toBeUndefined();
});
