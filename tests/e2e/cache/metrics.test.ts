// How a shared cache serves a process is seen at its `/metrics`.
import { expect, test } from "bun:test";
import { REDIS, startRedis } from "../../support/net/redis.ts";
import { startSmallWorld } from "../../support/oauth/small-world.ts";
import { startServe } from "../../support/serve.ts";
import { inNewHome, memberEnv } from "./fleet.ts";

/** Writes, and questions that were timed, by outcome; of each member in turn. */
const others: Record<string, boolean>[] = [];
const OTHER =
  /^m2mcp_cache_(?:writes_total|operation_duration_seconds_count)\{.*outcome="(written|answered|failed)".*\} (\d+)/gm;

/** The looks of a member that gets ready, by outcome; empty where it tells of none. */
const looks = (server: string, cache: string) =>
  inNewHome(async (home) => {
    const serve = await startServe(home, [server], { env: memberEnv(cache) });
    await (await fetch(new URL("/readyz", serve.url))).text();
    const page = await (await fetch(new URL("/metrics", serve.url))).text();
    await serve.stop();
    others.push(
      Object.fromEntries([...page.matchAll(OTHER)].map(([, name, count]) => [name, Number(count) > 0])),
    );
    const found = page.matchAll(/^m2mcp_cache_lookups_total\{.*outcome="(\w+)".*\} (\d+)/gm);
    return Object.fromEntries([...found].map(([, outcome, count]) => [outcome, Number(count) > 0]));
  });

test.if(REDIS !== undefined)(
  "looks at the cache are counted: a miss, a hit, a failure; none without one",
  async () => {
    const [redis, world] = await Promise.all([startRedis(), startSmallWorld()]);
    try {
      expect(await looks(world.url, "off")).toEqual({});
      expect(await looks(world.url, redis.url)).toEqual({ hit: false, miss: true, failed: false });
      expect(await looks(world.url, redis.url)).toEqual({ hit: true, miss: false, failed: false });
      expect(await looks(world.url, "redis://127.0.0.1:9")).toEqual({
        hit: false,
        miss: false,
        failed: true,
      });
      expect(others[0]).toEqual({});
      expect(others[1]).toMatchObject({ written: true, answered: true });
      expect(others[2]).toMatchObject({ answered: true });
      expect(others[3]).toMatchObject({ failed: true });
    } finally {
      await Promise.all([redis.stop(), world.stop()]);
    }
  },
);
