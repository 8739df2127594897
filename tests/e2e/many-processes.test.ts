// Processes that share one profile, whatever its authorization server does.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { homeForEachTest } from "../support/home.ts";
import { sleep } from "../support/waiting.ts";
import { logIn, startWorld, type World } from "../support/world.ts";

const home = homeForEachTest();
let world: World;
beforeEach(async () => {
  world = await startWorld({ tokenTtlS: 2 });
  await logIn(world, home);
});
afterEach(() => world.end());

const leftovers = () =>
  readdirSync(home.folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.lock|\.tmp/.test(name));

/** Fifty processes at once, and how many token requests they made. */
async function fifty(...args: string[]) {
  const before = world.as.arrivals();
  const startedMs = performance.now();
  const runs = await Promise.all(
    // As many as a desktop starts with all its windows.
    Array.from({ length: 50 }, () => home.run(["@svc", "ping", ...args], { limitMs: 90_000 })),
  );
  return { runs, requests: world.as.arrivals() - before, tookMs: performance.now() - startedMs };
}

describe("fifty processes with a token that is over", () => {
  test("make one token request", async () => {
    await sleep(2100);
    world.as.setTokenTtl(600);
    const { runs, requests } = await fifty();
    expect(runs.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([]);
    expect(requests).toBe(1);
    expect(leftovers()).toEqual([]);
  }, 120_000);

  for (const [trouble, code] of [
    ["refuse", 4],
    ["unavailable", 2],
  ] as const)
    test(`do not queue up where the server says ${trouble}`, async () => {
      await sleep(2100);
      world.as.setTrouble(trouble);
      const { runs, requests, tookMs } = await fifty();
      expect(new Set(runs.map((run) => run.code))).toEqual(new Set([code]));
      // One, and one more for every 5 s that a slow machine takes to start them all.
      expect(requests).toBeLessThanOrEqual(1 + Math.ceil(tookMs / 5000));
      expect(leftovers()).toEqual([]);
    }, 120_000);

  test("wait for a server that says nothing no longer than one does", async () => {
    await sleep(2100);
    world.as.setTrouble("hang");
    const { runs, requests, tookMs } = await fifty("--timeout", "4");
    expect(new Set(runs.map((run) => run.code))).toEqual(new Set([3]));
    expect(requests).toBeLessThanOrEqual(1 + Math.ceil(tookMs / 9000));
    expect(tookMs).toBeLessThan(30_000);
    expect(leftovers()).toEqual([]);
  }, 120_000);
});

test("a command near the token's end is not held up by a dead authorization server, and leaves nothing", async () => {
  world.as.setTokenTtl(20);
  await logIn(world, home);
  const beforeMs = performance.now();
  await home.run(["@svc", "ping"]);
  const usualMs = performance.now() - beforeMs;
  // Past the middle of its life a token may be renewed; three eighths before its end it must be.
  await sleep(12_600);
  world.as.setTrouble("hang");
  const arrivals = world.as.arrivals();
  for (let count = 0; count < 3; count++) {
    const startedMs = performance.now();
    const { code, stderr } = await home.run(["@svc", "ping"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(performance.now() - startedMs).toBeLessThan(usualMs + 3000);
  }
  expect(world.as.arrivals() - arrivals).toBe(1);
  expect(leftovers()).toEqual([]);
}, 60_000);

test("a renewal before the token's end is done by the command that finds it aging", async () => {
  world.as.setTokenTtl(6);
  await logIn(world, home);
  await sleep(4000);
  world.as.setTokenTtl(600);
  const arrivals = world.as.arrivals();
  expect((await home.run(["@svc", "ping"])).code).toBe(0);
  expect((await home.run(["@svc", "ping"])).code).toBe(0);
  expect(world.as.arrivals() - arrivals).toBe(1);
  const { stdout } = await home.run(["profiles", "--json"]);
  const { expiresAt } = JSON.parse(stdout).profiles[0];
  expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(300_000);
});
