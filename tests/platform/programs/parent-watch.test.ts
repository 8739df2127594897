import { expect, test } from "bun:test";
import { watchParent } from "../../../lib/platform/programs/parent-watch.ts";

test("elsewhere a parent has gone once another one stands in its place", () => {
  let parent = 7;
  const isGone = watchParent({ parent: () => parent, runs: () => false }, "linux");
  expect(isGone()).toBe(false);
  parent = 1;
  expect(isGone()).toBe(true);
});

test("on Windows, where its id stays, a parent has gone once it runs no more", () => {
  const running = new Set([7]);
  const isGone = watchParent({ parent: () => 7, runs: (pid) => running.has(pid) }, "win32");
  expect(isGone()).toBe(false);
  running.delete(7);
  expect(isGone()).toBe(true);
});

test("on Windows a parent that had gone from the start, or is not known, ends nothing", () => {
  for (const pid of [7, 0]) {
    const running = new Set([0]);
    const isGone = watchParent({ parent: () => pid, runs: (id) => running.has(id) }, "win32");
    running.clear();
    expect(isGone()).toBe(false);
  }
});
