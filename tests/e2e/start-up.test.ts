// What a start runs of this program: the least of what it takes time for.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ORDERS } from "../../.ci/orders.ts";
import { createHome, type Home } from "../support/home.ts";
import { logIn, startWorld, type World } from "../support/world.ts";

let world: World;
let home: Home;
beforeAll(async () => {
  world = await startWorld();
  home = createHome();
  await logIn(world, home);
});
afterAll(async () => {
  await home.remove();
  world.end();
});

const functionsIn = (file: string) => new Set(readFileSync(file, "utf8").match(/^F .*$/gm) ?? []);

/** The functions that a command runs, the runtime's own modules among them. */
async function functionsOf(args: string[]): Promise<Set<string>> {
  const file = join(home.folder, "run.order");
  const { code, stderr } = await home.run(args, { env: { BUN_BYTECODE_ORDER_OUT: file } });
  expect([code, stderr]).toEqual([0, ""]);
  return functionsIn(file);
}

test.each([
  [60, ["--version"]],
  [670, ["@svc", "tools-list"]],
])("at most %i functions are run by %j", async (most, args) => {
  await functionsOf(args);
  expect((await functionsOf(args)).size).toBeLessThan(most);
});

test("what a start runs lies together in the executable; else it is time for bun run order", async () => {
  const recorded = new Set(Object.values(ORDERS).flatMap((file) => [...functionsIn(file)]));
  const run = [...(await functionsOf(["@svc", "tools-list"]))];
  expect(run.filter((one) => recorded.has(one)).length / run.length).toBeGreaterThan(0.6);
});

test("a warm one-off command loads the runtime's paths and none of its other modules", async () => {
  const { code, stderr } = await home.run(["@svc", "tools-list"], {
    env: { BUN_JSC_dumpGeneratedBytecodes: "1" },
  });
  expect(code).toBe(0);
  const loaded = stderr.match(/^(?:node|bun):\S+(?=#)/gm) ?? [];
  expect(new Set(loaded)).toEqual(new Set(["node:path"]));
});

test("nothing is called so often by a start that the runtime would compile it", async () => {
  for (const args of [["--version"], ["@svc", "tools-list"]]) {
    const { code, stderr } = await home.run(args, { env: { BUN_JSC_reportCompileTimes: "1" } });
    expect([code, stderr]).toEqual([0, ""]);
  }
});
