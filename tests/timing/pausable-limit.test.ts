// A limit that leaves out the time of others.
import { expect, test } from "bun:test";
import { pausableLimit } from "../../lib/timing/deadline.ts";
import { sleep, until } from "../support/waiting.ts";

test("pauses do not count, however often they are begun", async () => {
  let isOver = false;
  const limit = pausableLimit(1000, () => {
    isOver = true;
  });
  limit.pause();
  limit.pause();
  await sleep(1300);
  expect(isOver).toBe(false);
  const resumedMs = performance.now();
  limit.resume();
  limit.resume();
  await until(() => isOver);
  expect(performance.now() - resumedMs).toBeGreaterThan(500);
});

test("a pause does not begin the time anew", async () => {
  let isOver = false;
  const limit = pausableLimit(200, () => {
    isOver = true;
  });
  // Were it begun anew, each time would be too short.
  for (let pauses = 0; !isOver && pauses < 200; pauses++) {
    await sleep(20);
    limit.pause();
    limit.resume();
  }
  expect(isOver).toBe(true);
});
