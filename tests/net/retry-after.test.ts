import { expect, test } from "bun:test";
import { retryAfterMs } from "../../lib/net/retry-after.ts";

const nowMs = Date.UTC(2026, 10, 26, 12, 0, 0);

test("Retry-After is whole seconds", () => {
  expect(retryAfterMs("0", nowMs)).toBe(0);
  expect(retryAfterMs(" 120 ", nowMs)).toBe(120_000);
  expect(retryAfterMs("1, 3,2", nowMs)).toBe(3000);
});

test("Retry-After is a date in one of the three forms of HTTP", () => {
  for (const date of [
    "Thu, 26 Nov 2026 12:01:00 GMT",
    "Thursday, 26-Nov-26 12:01:00 GMT",
    "Thu Nov 26 12:01:00 2026",
  ])
    expect(retryAfterMs(date, nowMs)).toBe(60_000);
  expect(retryAfterMs("Thu, 26 Nov 2026 11:00:00 GMT", nowMs)).toBe(0);
  expect(retryAfterMs("Sunday, 06-Nov-94 08:49:37 GMT", nowMs)).toBe(0);
  expect(retryAfterMs("Sun Nov  6 08:49:37 1994", nowMs)).toBe(0);
});

test("Retry-After of any other form is none", () => {
  for (const text of [
    null,
    "",
    "1.5",
    "-1",
    "1e3",
    "+5",
    "soon",
    "2026-11-26",
    "26 Nov 2026",
    "0x10",
    "10 s",
  ])
    expect(retryAfterMs(text, nowMs)).toBeUndefined();
});

test("Retry-After is never longer than a timer can run", () => {
  for (const text of ["3000000", "9".repeat(400), "Thu, 26 Nov 2099 12:01:00 GMT"])
    expect(retryAfterMs(text, nowMs)).toBe(2 ** 31 - 1);
});
