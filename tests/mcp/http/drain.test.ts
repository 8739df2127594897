import { describe, expect, test } from "bun:test";
import { createDrains } from "../../../lib/mcp/http/drain.ts";
import { until } from "../../support/waiting.ts";

const opened = (count: number) => Array.from({ length: count }, () => new AbortController());
const endedAmong = (streams: AbortController[]) =>
  streams.flatMap(({ signal }, at) => (signal.aborted ? [at] : []));

describe("streams whose answer has come", () => {
  test("are read on twelve at a time: the oldest makes way", () => {
    const drains = createDrains();
    const streams = opened(15);
    for (const stream of streams) drains.add(stream);
    expect(endedAmong(streams)).toEqual([0, 1, 2]);
  });

  test("that have ended by themselves leave their place", () => {
    const drains = createDrains();
    const streams = opened(100);
    for (const stream of streams) drains.add(stream)();
    expect(endedAmong(streams)).toEqual([]);
  });

  test("count once, however often they are given", () => {
    const drains = createDrains();
    const [stream = new AbortController(), ...others] = opened(12);
    for (let n = 0; n < 20; n++) drains.add(stream);
    for (const other of others) drains.add(other);
    expect(endedAmong([stream, ...others])).toEqual([]);
  });

  test("that nobody waits for are ended with the reason for it", () => {
    const drains = createDrains();
    const streams = opened(13);
    for (const stream of streams) drains.add(stream, "cancelled");
    expect(streams[0]?.signal.reason).toBe("cancelled");
  });

  test("are ended two seconds later, but for those that are done", async () => {
    const drains = createDrains();
    const [left = new AbortController(), done = new AbortController()] = opened(2);
    const startedMs = performance.now();
    drains.add(left);
    drains.add(done)();
    await until(() => left.signal.aborted);
    expect(performance.now() - startedMs).toBeGreaterThan(1700);
    expect(done.signal.aborted).toBe(false);
  });
});
