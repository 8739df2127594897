import { describe, expect, test } from "bun:test";
import { createIdleClock } from "../../lib/timing/idle-timeout.ts";

/** A clock whose time is set by hand. */
function world() {
  let nowMs = 0;
  let due: { atMs: number; run: () => void; kept: boolean } | undefined;
  let armed = 0;
  const clock = createIdleClock(
    () => nowMs,
    (delayMs, run) => {
      const mine = { atMs: nowMs + delayMs, run, kept: true };
      armed++;
      due = mine;
      return {
        stop: () => {
          if (due === mine) due = undefined;
        },
        keepAlive: (keep) => {
          mine.kept = keep;
        },
      };
    },
  );
  const idle: string[] = [];
  return {
    idle,
    watch: (name: string, limitMs: number) => clock.watch(limitMs, () => idle.push(name)),
    /** Time passes, the process awake. */
    pass(ms: number) {
      const untilMs = nowMs + ms;
      while (due && due.atMs <= untilMs) {
        nowMs = Math.max(nowMs, due.atMs);
        const { run } = due;
        due = undefined;
        run();
      }
      nowMs = untilMs;
    },
    /** Time passes while the process stands still: no timer fires. */
    standStill(ms: number) {
      nowMs += ms;
    },
    get armed() {
      return armed;
    },
    get kept() {
      return due?.kept ?? false;
    },
  };
}

describe("the idle clock", () => {
  test("tells once nothing came for as long as was said, and not before", () => {
    const { watch, pass, idle } = world();
    watch("a", 1000);
    const b = watch("b", 1000);
    pass(900);
    b.refresh();
    pass(99);
    expect(idle).toEqual([]);
    pass(1);
    expect(idle).toEqual(["a"]);
    pass(899);
    expect(idle).toEqual(["a"]);
    pass(1);
    expect(idle).toEqual(["a", "b"]);
    pass(100_000);
    expect(idle).toEqual(["a", "b"]);
  });

  test("does not count time in which our own side is busy", () => {
    const { watch, pass, idle } = world();
    const one = watch("a", 1000);
    one.pause();
    pass(60_000);
    one.refresh();
    pass(999);
    expect(idle).toEqual([]);
    pass(1);
    expect(idle).toEqual(["a"]);
  });

  test("tells nothing of what was stopped, or never ends", () => {
    const { watch, pass, idle } = world();
    watch("a", 1000).stop();
    watch("b", Number.POSITIVE_INFINITY);
    pass(1e9);
    expect(idle).toEqual([]);
  });

  test("wakes a process at rest seldom where the limit is long, and often enough to notice a standstill where it is not", () => {
    const ticksIn = (limitMs: number) => {
      const clock = world();
      clock.watch("a", limitMs);
      clock.pass(limitMs - 1);
      return clock.armed - 1;
    };
    expect([60_000, 200_000, 600_000, 3_600_000].map(ticksIn)).toEqual([5, 19, 19, 19]);
  });
  test("ticks in time for a shorter watch beside a longer one", () => {
    const { watch, pass, idle } = world();
    watch("long", 600_000);
    pass(100);
    watch("short", 50);
    pass(50);
    expect(idle).toEqual(["short"]);
  });

  test("takes one timer for thousands of watches, and seldom another", () => {
    const it = world();
    it.watch("stream", 600_000);
    for (let call = 0; call < 5000; call++) {
      const watch = it.watch("call", 60_000);
      it.pass(1);
      watch.refresh();
      watch.stop();
    }
    expect(it.armed).toBeLessThan(5);
    it.pass(60_000);
    expect(it.armed).toBeLessThan(15);
  });

  test("keeps the process while anything is watched, and no longer", () => {
    const it = world();
    const watch = it.watch("a", 60_000);
    expect(it.kept).toBe(true);
    watch.stop();
    expect(it.kept).toBe(false);
    it.watch("b", 60_000);
    expect(it.kept).toBe(true);
  });

  test("does not take its own standstill for the server's", () => {
    for (const limitMs of [2000, 60_000, 600_000]) {
      const { watch, pass, standStill, idle } = world();
      watch("a", limitMs);
      pass(limitMs / 2);
      standStill(10 * limitMs);
      pass(Math.min(limitMs / 2, 10_000) - 300);
      expect(idle).toEqual([]);
      pass(limitMs);
      expect(idle).toEqual(["a"]);
    }
  });

  test("gives what comes after a standstill its time even where that ended before the tick was due", () => {
    const { watch, pass, standStill, idle } = world();
    watch("a", 60_000);
    pass(29_000);
    standStill(29_000);
    pass(9000);
    expect(idle).toEqual([]);
  });

  test("takes another limit, shorter, longer or none, from when it is named", () => {
    const { watch, pass, idle } = world();
    const one = watch("a", 600_000);
    pass(100);
    one.refresh(50);
    pass(49);
    expect(idle).toEqual([]);
    one.refresh(1000);
    pass(999);
    expect(idle).toEqual([]);
    one.refresh(Number.POSITIVE_INFINITY);
    pass(1e7);
    expect(idle).toEqual([]);
    one.refresh(50);
    pass(50);
    expect(idle).toEqual(["a"]);
  });

  test("may be told by who starts a watch of its own", () => {
    const idle: string[] = [];
    const real = createIdleClock();
    return new Promise<void>((resolve) => {
      real.watch(10, () => {
        idle.push("first");
        real.watch(10, () => {
          idle.push("second");
          expect(idle).toEqual(["first", "second"]);
          resolve();
        });
      });
    });
  });
});
