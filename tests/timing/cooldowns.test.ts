import { expect, test } from "bun:test";
import { createCooldowns } from "../../lib/timing/cooldowns.ts";

function start() {
  let nowMs = 0;
  const cooldowns = createCooldowns(10_000, () => nowMs);
  return {
    cooldowns,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

test("what was tried in vain is left alone for a while, and nothing else", () => {
  const { cooldowns, pass } = start();
  cooldowns.start("a");
  expect([cooldowns.isOn("a"), cooldowns.isOn("b")]).toEqual([true, false]);
  pass(10_000);
  expect(cooldowns.isOn("a")).toBe(false);
});

test("the while grows each time, to ten minutes, and is short again after what went well", () => {
  const { cooldowns, pass } = start();
  for (const seconds of [10, 20, 40, 80, 160, 320, 600, 600]) {
    cooldowns.start("a");
    pass(seconds * 1000 - 1);
    expect(cooldowns.isOn("a")).toBe(true);
    pass(1);
    expect(cooldowns.isOn("a")).toBe(false);
  }
  cooldowns.end("a");
  cooldowns.start("a");
  pass(10_000);
  expect(cooldowns.isOn("a")).toBe(false);
});

test("of names without number only the latest are kept", () => {
  const { cooldowns } = start();
  for (let n = 0; n < 1500; n++) cooldowns.start(`${n}`);
  expect([cooldowns.isOn("0"), cooldowns.isOn("499"), cooldowns.isOn("500"), cooldowns.isOn("1499")]).toEqual(
    [false, false, true, true],
  );
});
