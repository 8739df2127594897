import { createHome, type Home } from "../../support/home.ts";
import type { Redis } from "../../support/net/redis.ts";
import type { SmallWorld } from "../../support/oauth/small-world.ts";

/** Credentials that each member has in its environment; no member has another's disk. */
export const SECRET = "s3cret-of-the-fleet";
export const CLIENT = "robot-of-the-fleet";

export const memberEnv = (cache: string): Record<string, string> => ({
  M2MCP_CLIENT_ID: CLIENT,
  M2MCP_CLIENT_SECRET: SECRET,
  M2MCP_STORE: "file",
  M2MCP_CACHE: cache,
});

/** What the cache was about, among what a command said. */
export const told = (stderr: string): string[] =>
  stderr.split("\n").filter((line) => /cache/.test(line) && !/store's key/.test(line));

/** One call of a member in a home of its own. */
export async function once(world: SmallWorld, cache: string, home: Home, more: Record<string, string> = {}) {
  const beganMs = performance.now();
  const outcome = await home.run([world.url, "ping"], { env: { ...memberEnv(cache), ...more } });
  return { ...outcome, told: told(outcome.stderr), tookMs: performance.now() - beganMs };
}

/** Work with a new home, which is gone afterwards. */
export async function inNewHome<T>(work: (home: Home) => Promise<T>): Promise<T> {
  const home = createHome();
  try {
    return await work(home);
  } finally {
    await home.remove();
  }
}

/** The name of the entry in a cache that has one; empty where it has none. */
export const entryName = (cache: Redis): string =>
  cache
    .cli("--scan")
    .split("\n")
    .find((one) => one.endsWith("}")) ?? "";
