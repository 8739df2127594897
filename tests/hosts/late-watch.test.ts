import { describe, expect, test } from "bun:test";
import { createLateWatch } from "../../lib/hosts/late-watch.ts";
import { Pending } from "../../lib/mcp/jsonrpc/pending.ts";

/** A watch on a clock and a timer of the test's own. */
function start(limitMs = 10_000) {
  const pending = new Pending<{ method: string; sinceMs: number }>();
  const late: string[] = [];
  let now = 0;
  let timer: { atMs: number; run(): void } | undefined;
  const watch = createLateWatch(
    pending,
    limitMs,
    (id) => {
      late.push(id);
      pending.settle(id);
    },
    () => now,
    (delayMs, run) => {
      timer = { atMs: now + delayMs, run };
      return { stop: () => (timer = undefined), keepAlive() {} };
    },
  );
  return {
    pending,
    late,
    watch,
    begin(id: string, method = "tools/call") {
      pending.add(id, { method, sinceMs: now });
      watch.watch();
    },
    /** Time passes; the timer rings when it is due. */
    pass(ms: number) {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, timer?.atMs ?? end);
        ring();
      }
    },
    /** The process stands still: the timer rings when it is over. */
    stand(ms: number) {
      now += ms;
      ring();
    },
    isWaiting: () => timer !== undefined,
  };
  function ring() {
    if (!timer || timer.atMs > now) return;
    const { run } = timer;
    timer = undefined;
    run();
  }
}

describe("a request that takes too long", () => {
  test("is told once, soon after its time", () => {
    const { begin, pass, late } = start();
    begin("1");
    pass(9999);
    expect(late).toEqual([]);
    pass(501);
    expect(late).toEqual(["1"]);
    pass(60_000);
    expect(late).toEqual(["1"]);
  });

  test("is told though others begin and end all the time", () => {
    const { begin, pass, late, pending } = start();
    begin("slow");
    for (let n = 0; n < 200; n++) {
      begin(`${n}`);
      pass(60);
      pending.settle(`${n}`);
    }
    expect(late).toEqual(["slow"]);
  });

  test("is told by itself: one that began later has its own time", () => {
    const { begin, pass, late } = start();
    begin("1");
    pass(6000);
    begin("2");
    pass(5000);
    expect(late).toEqual(["1"]);
    pass(5000);
    expect(late).toEqual(["1", "2"]);
  });

  test("is no subscription", () => {
    const { begin, pass, late } = start();
    begin("listen", "subscriptions/listen");
    begin("1");
    pass(100_000);
    expect(late).toEqual(["1"]);
  });
});

test("there is no timer where nothing is under way, nor after the end", () => {
  const { begin, pass, pending, isWaiting, watch } = start();
  expect(isWaiting()).toBe(false);
  begin("1");
  expect(isWaiting()).toBe(true);
  pending.settle("1");
  pass(1000);
  expect(isWaiting()).toBe(false);
  begin("2");
  watch.stop();
  expect(isWaiting()).toBe(false);
});

test("time in which the process stood still counts for nobody", () => {
  const { begin, pass, stand, late } = start();
  begin("1");
  pass(4000);
  stand(3_600_000);
  begin("2");
  expect(late).toEqual([]);
  pass(5000);
  expect(late).toEqual([]);
  pass(1500);
  expect(late).toEqual(["1"]);
  pass(4500);
  expect(late).toEqual(["1", "2"]);
});
