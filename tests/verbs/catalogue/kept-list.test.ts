import { describe, expect, test } from "bun:test";
import { freshFor, isFresh, keptPart, readLists } from "../../../lib/verbs/catalogue/kept-list.ts";

const HOUR = 3_600_000;

describe("how long a list counts:", () => {
  const rows: [string, unknown[], number][] = [
    ["not said", [undefined], HOUR],
    ["said", [60_000], 60_000],
    ["nothing, as SDKs do", [0], HOUR / 12],
    ["less than nothing", [-5], HOUR / 12],
    ["nonsense", ["60"], HOUR / 12],
    ["more than a day", [Number.MAX_SAFE_INTEGER], 24 * HOUR],
    ["pages: the shortest", [60_000, 1000, undefined], 1000],
  ];
  test.each(rows)("%s", (_, ttls, ms) => expect(freshFor(ttls)).toBe(ms));

  test("until then, and not where the clock was set back", () => {
    const list = { items: [], keptAtMs: 1000, freshMs: 500 };
    expect([999, 1000, 1499, 1500].map((now) => isFresh(list, now))).toEqual([false, true, true, false]);
  });
});

test("what is kept of a tool is what a call needs", () => {
  const tool = { name: "a", inputSchema: {}, outputSchema: {}, icons: [], _meta: {} };
  expect(keptPart(tool)).toEqual({ name: "a", inputSchema: {} });
});

test("lists of another form are none", () => {
  expect(readLists(undefined)).toEqual({});
  expect(readLists({ tools: { items: 5 }, prompts: "x" })).toEqual({});
});
