import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { backoffMs, resumeAfterMs } from "../../lib/timing/backoff.ts";
import { deadlineMs, withDeadline } from "../../lib/timing/deadline.ts";
import { createSchedule } from "../../lib/timing/schedule.ts";
import { createSemaphore } from "../../lib/timing/semaphore.ts";
import { sleep } from "../../lib/timing/sleep.ts";
import { LONGEST_TIMER_MS, startTimer } from "../../lib/timing/timer.ts";

const middle = () => 0.5;

describe("a timer", () => {
  test("does not fire at once where the time is longer than a timer can run", async () => {
    let fired = false;
    const timers = [3e9, LONGEST_TIMER_MS + 1, Number.POSITIVE_INFINITY].map((ms) =>
      startTimer(ms, () => {
        fired = true;
      }),
    );
    const asleep = new AbortController();
    const slept = sleep(3e9, asleep.signal).then(
      () => "over",
      () => "stopped",
    );
    await sleep(30);
    expect(fired).toBe(false);
    asleep.abort();
    expect(await slept).toBe("stopped");
    for (const timer of timers) timer.stop();
  });
});

describe("sleep", () => {
  test("ends with the signal's reason, also where that has fired before", async () => {
    const reason = new Error("own");
    await expect(sleep(10_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const abort = new AbortController();
    const slept = sleep(10_000, abort.signal);
    abort.abort(reason);
    await expect(slept).rejects.toBe(reason);
  });
});

describe("a deadline", () => {
  test("ends the wait, and only the wait", async () => {
    await expect(withDeadline(new Promise(() => {}), 20, () => new Error("late"))).rejects.toThrow("late");
    expect(await withDeadline(Promise.resolve(1), 20, () => new Error("late"))).toBe(1);
    await expect(withDeadline(Promise.reject(new Error("own")), 20, () => new Error("late"))).rejects.toThrow(
      "own",
    );
  });
  test("is six times the idle timeout, as far as a timer can run", () => {
    expect(deadlineMs(1000)).toBe(6000);
    expect(deadlineMs(1e9)).toBe(LONGEST_TIMER_MS);
  });
});

describe("a semaphore", () => {
  test("lets so many in at once, the others in turn", async () => {
    const semaphore = createSemaphore(2);
    const order: number[] = [];
    const releases = [await semaphore.acquire(), await semaphore.acquire()];
    const waiting = [1, 2].map(async (name) => {
      const release = await semaphore.acquire();
      order.push(name);
      return release;
    });
    await sleep(5);
    expect(order).toEqual([]);
    releases[0]?.();
    await sleep(5);
    expect(order).toEqual([1]);
    releases[1]?.();
    for (const release of await Promise.all(waiting)) release();
    expect(order).toEqual([1, 2]);
  });
});

describe("waits", () => {
  test("double up to half a minute", () => {
    expect([1, 2, 3, 9].map((failures) => backoffMs(failures, 1000, middle))).toEqual([
      1000, 2000, 4000, 30_000,
    ]);
  });
  test("are the server's where it named one, and never none", () => {
    expect(resumeAfterMs(3000, 0, middle)).toBe(3000);
    expect(resumeAfterMs(0, 0, middle)).toBe(100);
    expect(resumeAfterMs(0, 5, middle)).toBe(1600);
  });
});

describe("a schedule", () => {
  const brief = { tookMs: 10, progressed: false };
  test("grows while nothing comes of it, and starts anew once something did", () => {
    const schedule = createSchedule(middle);
    expect([1, 2, 3].map(() => schedule.next(brief))).toEqual([1000, 2000, 4000]);
    expect(schedule.fruitless).toBe(3);
    expect(schedule.next({ ...brief, progressed: true })).toBe(1000);
    expect(schedule.next(brief)).toBe(1000);
    expect(schedule.next({ ...brief, tookMs: 6000 })).toBe(1000);
    expect(schedule.fruitless).toBe(0);
  });
  test("waits not at all for what fell silent after it had lasted", () => {
    const schedule = createSchedule(middle);
    expect(schedule.next({ tookMs: 60_000, progressed: false, idle: true })).toBe(0);
    expect(schedule.next({ tookMs: 100, progressed: false, idle: true })).toBe(1000);
  });
  test("keeps to what the server asked for", () => {
    expect(createSchedule(middle).next({ ...brief, retryMs: 7000 })).toBe(7000);
  });
});

test("what was never to be had is asked for ever more seldom", () => {
  const waits = (offered: boolean) => {
    const schedule = createSchedule(middle);
    return Array.from({ length: 12 }, () => schedule.next({ tookMs: 1, progressed: false, offered }));
  };
  expect(waits(true).at(-1)).toBe(30_000);
  expect(waits(false).at(-1)).toBe(600_000);
});

test("timers are set in one place, which cuts what they cannot run", () => {
  const lib = join(import.meta.dir, "..", "..", "lib");
  const files = readdirSync(lib, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  // What has limits of its own alone, or lies below: constants that no server and no option names.
  const own = /^(platform|verbs|auth|store)\/|^mcp\/pairs\/modern-on-legacy\/effects/;
  const users = files.filter((name) =>
    /\bset(Timeout|Interval)\(/.test(readFileSync(join(lib, name), "utf8")),
  );
  expect(users.filter((name) => !own.test(name))).toEqual(["timing/timer.ts"]);
});
