// Locks whose owners die, stop or live elsewhere: nobody waits long, and nobody takes what is held.
import { describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processSpace } from "../../lib/platform/host.ts";
import { BINARY, collect, type Home, inHome } from "../support/home.ts";
import { type SmallWorld, startSmallWorld } from "../support/oauth/small-world.ts";
import { sleep } from "../support/waiting.ts";

interface Place {
  home: Home;
  world: SmallWorld;
  locks: string;
  lock: string;
  login(): Promise<void>;
}

/** A test of its own home and server, beside others, in which the token of @svc is over. */
const withTokenOver = (work: (place: Place) => Promise<void>) =>
  inHome(async (home) => {
    home.env.M2MCP_STORE = "file";
    const world = home.owns(await startSmallWorld());
    const locks = join(home.folder, "store", "locks");
    const env = { M2MCP_CLIENT_SECRET: "s" };
    const login = async () => {
      world.lifeS = 1;
      expect((await home.run(["login", world.url, "@svc", "--client-id", "id"], { env })).code).toBe(0);
      await sleep(1100);
      world.lifeS = 600;
    };
    await login();
    await work({ home, world, locks, lock: join(locks, "svc.lock"), login });
  });

/** The time that a run takes while another's lock lies there, in ms. */
async function runWithLock({ home, locks, lock }: Place, mark: string, mtime?: Date): Promise<number> {
  writeFileSync(lock, mark);
  if (mtime) utimesSync(lock, mtime, mtime);
  const startedMs = performance.now();
  const { code, stderr } = await home.run(["@svc", "tools-list"]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(readdirSync(locks)).toEqual([]);
  return performance.now() - startedMs;
}

describe("a lock", () => {
  test.concurrent(
    "of a process that has ended is taken over at once, also when its id is used again",
    withTokenOver(async (place) => {
      const ended = spawnSync("true");
      expect(await runWithLock(place, `${ended.pid} 5 ${processSpace()} x`)).toBeLessThan(3000);
      await place.login();
      expect(await runWithLock(place, `${process.pid} 5 ${processSpace()} x`)).toBeLessThan(3000);
    }),
  );

  for (const [name, mark] of [
    ["of another host or container", "1 5 elsewhere/1 x"],
    ["that holds no mark, since its owner was killed while it made it", ""],
    ["of an older version", `${process.pid} 0123456789abcdef`],
  ] as const)
    test.concurrent(
      `${name} is taken over when it has shown no life for long, whatever its time says`,
      withTokenOver(async (place) => {
        const tookMs = await runWithLock(place, mark, new Date(Date.now() + 86_400_000));
        expect(tookMs).toBeGreaterThan(3000);
        expect(tookMs).toBeLessThan(5500);
      }),
    );

  test.concurrent(
    "of another host is respected while it shows signs of life",
    withTokenOver(async ({ home, world, lock }) => {
      const mark = "999999999 5 elsewhere/1 x";
      writeFileSync(lock, mark);
      const beat = setInterval(() => utimesSync(lock, new Date(), new Date()), 300);
      const before = world.secrets.length;
      const run = home.run(["@svc", "tools-list"]);
      await sleep(6000);
      expect(world.secrets.length).toBe(before);
      expect(readFileSync(lock, "utf8")).toBe(mark);
      clearInterval(beat);
      expect((await run).code).toBe(0);
      expect(world.secrets.length).toBe(before + 1);
    }),
  );

  test.concurrent(
    "of a stopped process is taken over; when that goes on, it takes nothing from others",
    withTokenOver(async ({ home, world, locks }) => {
      world.delayMs = 300;
      const before = world.secrets.length;
      const stopped = home.start(["@svc", "tools-list"]);
      const ended = collect(stopped);
      while (world.secrets.length === before) await sleep(5);
      stopped.kill("SIGSTOP");
      const startedMs = performance.now();
      expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
      expect(performance.now() - startedMs).toBeLessThan(6000);
      stopped.kill("SIGCONT");
      expect((await ended).code).toBe(0);
      expect(readdirSync(locks)).toEqual([]);
    }),
  );

  const canUnshare = spawnSync("unshare", ["-rpf", "--mount-proc", "true"]).status === 0;
  test.concurrent.if(canUnshare)(
    "of a living process in another pid namespace is respected",
    withTokenOver(async ({ home, world }) => {
      world.delayMs = 6000;
      const before = world.secrets.length;
      const inside = spawn("unshare", ["-rpf", "--mount-proc", BINARY, "@svc", "tools-list"], {
        env: home.env,
      });
      const insideEnded = collect(inside);
      while (world.secrets.length === before) await sleep(5);
      const outside = home.run(["@svc", "tools-list"]);
      expect((await insideEnded).code).toBe(0);
      expect((await outside).code).toBe(0);
      expect(world.secrets.length - before).toBe(1);
    }),
  );

  test(
    "that was held by a killed process: the other forty-nine make one token request",
    withTokenOver(async ({ home, world, lock, locks }) => {
      world.delayMs = 700;
      const before = world.secrets.length;
      // As many as a desktop starts with all its windows; each wants the token that one of them asks for.
      const children = Array.from({ length: 50 }, () => home.start(["@svc", "ping"]));
      const outcomes = children.map(collect);
      while (world.secrets.length === before) await sleep(2);
      const holder = Number(readFileSync(lock, "utf8").split(" ")[0]);
      const killed = children.findIndex(({ pid }) => pid === holder);
      expect(killed).toBeGreaterThanOrEqual(0);
      children[killed]?.kill("SIGKILL");
      const killedMs = performance.now();
      const ended = await Promise.all(outcomes);
      console.log(`the others were done ${Math.round(performance.now() - killedMs)} ms after`);
      expect(ended.filter(({ code }) => code !== 0).map(({ signal, stderr }) => signal ?? stderr)).toEqual([
        "SIGKILL",
      ]);
      // The killed one's request, and one for all the others.
      expect(world.secrets.length - before).toBe(2);
      expect(readdirSync(locks)).toEqual([]);
    }),
    90_000,
  );
});
