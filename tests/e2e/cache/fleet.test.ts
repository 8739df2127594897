// A fleet without a common disk makes one token request, whatever becomes of its members and of its cache. Of as many
// members as M2MCP_CACHE_MEMBERS says: `bun run soak` takes 200.
import { expect, test } from "bun:test";
import { type Bridge, startBridge } from "../../support/bridge.ts";
import { createHome, type Home } from "../../support/home.ts";
import { modern, request } from "../../support/messages.ts";
import { between, REDIS, type Redis, startRedis } from "../../support/net/redis.ts";
import { type SmallWorld, startSmallWorld } from "../../support/oauth/small-world.ts";
import { sleep } from "../../support/waiting.ts";
import { entryName, inNewHome, memberEnv, once, told } from "./fleet.ts";

const MEMBERS = Number(process.env.M2MCP_CACHE_MEMBERS ?? 12);
/** Long enough for all to ask between the middle of a token's life and its end, in s. */
const LIFE_S = Math.max(12, MEMBERS * 0.3);
/** Starting at once, so that a machine with two processors gets round. */
const AT_ONCE = 6;

const real = test.if(REDIS !== undefined);

async function withAll(work: (world: SmallWorld, redis: Redis) => Promise<unknown>, ...settings: string[]) {
  const [world, redis] = await Promise.all([startSmallWorld(), startRedis(...settings)]);
  await work(world, redis).finally(() => Promise.all([world.stop(), redis.stop()]));
}

interface Member {
  home: Home;
  bridge: Bridge;
}

/** Members that go on, each in a home of its own, a few starting at a time. */
async function startFleet(world: SmallWorld, cache: string, count: number): Promise<Member[]> {
  const members: Member[] = [];
  const starter = async () => {
    while (members.length < count) {
      const home = createHome();
      const bridge = startBridge(home, [world.url], { env: memberEnv(cache) });
      members.push({ home, bridge });
      bridge.say(modern(request(0, "tools/list")));
      expect((await bridge.answer(0, 60_000)).error).toBeUndefined();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, starter));
  return members;
}

let ids = 1;
/** All make a call at once; each is answered. */
async function allCall(members: readonly Member[]): Promise<void> {
  const id = ids++;
  for (const { bridge } of members) bridge.say(modern(request(id, "tools/list")));
  const answers = await Promise.all(members.map(({ bridge }) => bridge.answer(id, 60_000)));
  expect(answers.filter(({ error }) => error)).toEqual([]);
}

real(
  `${MEMBERS} members in as many homes: first need, three renewals, a revoked token, restarts and a partition of the cache`,
  () =>
    withAll(async (world, redis) => {
      const wall = await between(redis.port);
      world.delayMs = 200;
      const members = await startFleet(world, wall.url, MEMBERS);
      const requests = () => world.secrets.length;
      expect(requests()).toBe(1);
      world.lifeS = LIFE_S;
      const settle = async () => {
        const before = requests();
        world.revoke();
        await allCall(members);
        expect(requests() - before).toBe(1);
      };
      await settle();
      for (let renewal = 1; renewal <= 3; renewal++) {
        const before = requests();
        // From the middle of its life on it is renewed, three eighths before its end at the latest.
        await sleep(LIFE_S * 640);
        await allCall(members);
        await sleep(1000);
        expect([renewal, requests() - before]).toEqual([renewal, 1]);
      }
      // Killed while they have a call under way: the others notice nothing.
      for (const { bridge } of members.splice(0, Math.ceil(MEMBERS / 6))) bridge.child.kill("SIGKILL");
      await settle();
      // The cache is gone, and comes back with nothing.
      await redis.kill();
      await redis.start();
      world.lifeS = 3600;
      await settle();
      // Nothing comes through: each goes on by itself, for little more time.
      wall.stalls = true;
      const before = requests();
      world.revoke();
      const startedMs = performance.now();
      await allCall(members);
      expect(requests() - before).toBe(members.length);
      if (MEMBERS <= 12) expect(performance.now() - startedMs).toBeLessThan(10_000);
      for (const { bridge } of members) expect(told(bridge.stderr()).length).toBe(1);
      // It comes back by itself, and there is one request for all again.
      wall.stalls = false;
      await sleep(4500);
      await settle();
      for (const { bridge } of members) expect(told(bridge.stderr()).at(-1)).toMatch(/serves again/);
      await Promise.all(members.map(({ home }) => home.remove()));
      await wall.stop();
    }),
  600_000,
);

real(
  "members that start at once make one request, and are not held up by one that is killed as it asks",
  () =>
    withAll(async (world, redis) => {
      world.delayMs = 60_000;
      await inNewHome(async (home) => {
        const dying = home.start([world.url, "ping"], { env: memberEnv(redis.url) });
        while (world.secrets.length === 0) await sleep(20);
        dying.kill("SIGKILL");
      });
      world.delayMs = 300;
      const startedMs = performance.now();
      const runs = await Promise.all(
        Array.from({ length: 4 }, () => inNewHome((home) => once(world, redis.url, home))),
      );
      expect(runs.map(({ code, told }) => [code, told])).toEqual(runs.map(() => [0, []]));
      expect(world.secrets.length).toBe(2);
      // Less than 5 s for the one that was killed.
      expect(performance.now() - startedMs).toBeLessThan(20_000);
    }),
);

real("one that was stopped as it asked writes nothing over what came after it", () =>
  withAll(async (world, redis) => {
    world.delayMs = 1000;
    await inNewHome(async (home) => {
      const slow = startBridge(home, [world.url], { env: memberEnv(redis.url) });
      slow.say(modern(request(1, "tools/list")));
      while (world.secrets.length === 0) await sleep(20);
      slow.child.kill("SIGSTOP");
      const next = await inNewHome((other) => once(world, redis.url, other));
      expect([next.code, world.secrets.length]).toEqual([0, 2]);
      const entry = () => redis.cli("GET", entryName(redis));
      const written = entry();
      slow.child.kill("SIGCONT");
      expect((await slow.answer(1)).error).toBeUndefined();
      expect(entry()).toBe(written);
      await slow.end();
    });
  }),
);

real("a start with a token in the store asks the cache nothing", () =>
  withAll(async (world, redis) => {
    await inNewHome(async (home) => {
      await once(world, redis.url, home);
      const before = redis.cli("INFO", "commandstats");
      expect((await once(world, redis.url, home)).code).toBe(0);
      const calls = (text: string) => /cmdstat_(eval|get):calls=\d+/g.exec(text)?.[0];
      expect(calls(redis.cli("INFO", "commandstats"))).toBe(calls(before) ?? "");
    });
  }),
);
