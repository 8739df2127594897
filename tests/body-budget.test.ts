import { describe, expect, test } from "bun:test";
import { createBodyBudget } from "../lib/body-budget.ts";
import { startTimer } from "../lib/timing/timer.ts";

const state = async (wait: Promise<void> | undefined) =>
  wait === undefined
    ? "room"
    : Promise.race([wait.then(() => "resumed"), new Promise((resolve) => setTimeout(resolve, 1, "waits"))]);

describe("the budget of all bodies", () => {
  test("lets bodies be gathered while they fit together", async () => {
    const budget = createBodyBudget(100);
    const [one, two] = [budget.open(), budget.open()];
    expect(await state(one.holds(40))).toBe("room");
    expect(await state(two.holds(60))).toBe("room");
    expect(await state(two.holds(61))).toBe("waits");
  });

  test("lets the first go on whatever it takes, so that one always ends", async () => {
    const budget = createBodyBudget(100);
    const [one, two, three] = [budget.open(), budget.open(), budget.open()];
    one.holds(50);
    const second = two.holds(60);
    const third = three.holds(10);
    expect(await state(second)).toBe("waits");
    expect(await state(one.holds(550))).toBe("room");
    one.end();
    expect(await state(second)).toBe("resumed");
    expect(await state(third)).toBe("resumed");
    expect(await state(three.holds(50))).toBe("waits");
    two.end();
    expect(await state(three.holds(1000))).toBe("room");
  });

  test("is free again of what was given up while it waited", async () => {
    const budget = createBodyBudget(100);
    const [one, two] = [budget.open(), budget.open()];
    one.holds(10);
    const wait = two.holds(500);
    two.end();
    two.end();
    expect(await state(wait)).toBe("resumed");
    expect(await state(two.holds(500))).toBe("room");
    expect(await state(budget.open().holds(90))).toBe("room");
  });

  test("has the first given up that does not end while others wait, and no other", async () => {
    const budget = createBodyBudget(100, (late) => startTimer(50, late));
    const given: string[] = [];
    const open = (name: string) => {
      const share = budget.open(() => {
        given.push(name);
        share.end();
      });
      return share;
    };
    const [one, two, three] = [open("one"), open("two"), open("three")];
    one.holds(90);
    const waits = [two.holds(60), three.holds(60)];
    await waits[0];
    expect(given).toEqual(["one"]);
    two.end();
    await waits[1];
    expect(given).toEqual(["one"]);
  });
});
