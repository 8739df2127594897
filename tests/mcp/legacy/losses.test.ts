import { describe, expect, test } from "bun:test";
import { createLosses } from "../../../lib/mcp/legacy/losses.ts";

/** Losses on a clock of the test's own. */
function start() {
  let nowMs = 1_000_000;
  const losses = createLosses(() => nowMs);
  return {
    losses,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

describe("the pause before a session is opened again", () => {
  test("is none for one that lasted, however often", () => {
    const { losses, pass } = start();
    for (let n = 0; n < 10; n++) {
      losses.opened();
      pass(6000);
      expect(losses.lost()).toBe(0);
      expect(losses.inARow).toBe(0);
    }
  });

  test("is none for one that was lost at once, and grows while one after the other is", () => {
    const { losses } = start();
    const pauses = Array.from({ length: 8 }, () => {
      losses.opened();
      return losses.lost();
    });
    expect(pauses[0]).toBe(0);
    const fullMs = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000];
    for (const [at, pauseMs] of pauses.slice(1).entries()) {
      expect(pauseMs).toBeGreaterThanOrEqual((fullMs[at] ?? 0) * 0.75);
      expect(pauseMs).toBeLessThanOrEqual((fullMs[at] ?? 0) * 1.25);
    }
    expect(losses.inARow).toBe(8);
  });

  test("starts anew after a session that lasted, or that answered some requests", () => {
    for (const isGood of ["lasted", "served"]) {
      const { losses, pass } = start();
      for (let n = 0; n < 4; n++) {
        losses.opened();
        losses.lost();
      }
      losses.opened();
      if (isGood === "lasted") pass(5001);
      else for (let n = 0; n < 8; n++) losses.answered("tools/call");
      expect(losses.lost()).toBe(0);
      expect(losses.inARow).toBe(0);
    }
  });
});

describe("a refusal that a fresh session met too", () => {
  test("is the method's own, of this method, for a time", () => {
    const { losses, pass } = start();
    expect(losses.isOwnRefusal("a")).toBe(false);
    losses.refusedAfresh("a");
    expect([losses.isOwnRefusal("a"), losses.isOwnRefusal("b")]).toEqual([true, false]);
    pass(899);
    expect(losses.isOwnRefusal("a")).toBe(true);
    pass(2);
    expect(losses.isOwnRefusal("a")).toBe(false);
  });

  test("is so for longer each time, ten minutes at most", () => {
    const { losses, pass } = start();
    for (const seconds of [0.9, 1.8, 3.6, 7.2, 14.4, 28.8, 57.6, 115.2, 230.4, 460.8, 600, 600]) {
      losses.refusedAfresh("a");
      pass(seconds * 1000 - 1);
      expect(losses.isOwnRefusal("a")).toBe(true);
      pass(2);
      expect(losses.isOwnRefusal("a")).toBe(false);
    }
  });

  test("is forgotten once the method is answered", () => {
    const { losses, pass } = start();
    losses.refusedAfresh("a");
    losses.refusedAfresh("a");
    losses.answered("a");
    expect(losses.isOwnRefusal("a")).toBe(false);
    losses.refusedAfresh("a");
    pass(901);
    expect(losses.isOwnRefusal("a")).toBe(false);
  });
});
