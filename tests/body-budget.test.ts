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

  test("watches whoever is first, one after the other, and only while others wait", async () => {
    const turns: { late: () => void; isOver: boolean }[] = [];
    const budget = createBodyBudget(100, (late) => {
      const turn = { late, isOver: false };
      turns.push(turn);
      return {
        stop() {
          turn.isOver = true;
        },
      };
    });
    const given: string[] = [];
    const [one, two, three] = ["one", "two", "three"].map((name) => budget.open(() => given.push(name)));
    one?.holds(90);
    expect(turns).toHaveLength(0);
    two?.holds(101);
    three?.holds(60);
    const watched = () => turns.filter(({ isOver }) => !isOver);
    expect(watched()).toHaveLength(1);
    one?.end();
    // The second goes on, and the third waits for it now.
    expect(watched()).toHaveLength(1);
    for (const { late } of watched()) late();
    expect(given).toEqual(["two"]);
    two?.end();
    expect(watched()).toHaveLength(0);
    three?.end();
    expect(turns).toHaveLength(2);
  });
});
