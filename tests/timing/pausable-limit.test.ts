// A limit that leaves out the time of others.
import { expect, test } from "bun:test";
import { pausableLimit } from "../../lib/timing/deadline.ts";

test("pauses do not count, and do not begin the time anew", async () => {
  let late = 0;
  const startedMs = performance.now();
  const limit = pausableLimit(120, () => {
    late = performance.now() - startedMs;
  });
  for (let pause = 0; pause < 3; pause++) {
    await Bun.sleep(20);
    limit.pause();
    limit.pause();
    await Bun.sleep(60);
    limit.resume();
    limit.resume();
  }
  expect(late).toBe(0);
  await Bun.sleep(1000);
  expect(late).toBeGreaterThan(280);
});
