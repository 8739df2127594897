// What a shared cache costs a start: `bun tests/bench/shared-cache.ts`, all kinds in turns on the same servers.
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, type Home } from "../support/home.ts";
import { startRedis } from "../support/net/redis.ts";
import { startSmallWorld } from "../support/oauth/small-world.ts";

const ROUNDS = Number(process.env.M2MCP_BENCH_ROUNDS ?? 60);

const world = await startSmallWorld();
const redis = await startRedis();
const short = { M2MCP_CLIENT_ID: "robot", M2MCP_CLIENT_SECRET: "s3cret", M2MCP_STORE: "file" };
const secret = { ...short, M2MCP_CLIENT_SECRET: "2kXbQ1vT9LrZ0mNqYw7uEaGdHsJ3oPc5" };
const keys = createHome();
const keyFile = join(keys.folder, "key.pem");
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
writeFileSync(keyFile, privateKey.export({ format: "pem", type: "pkcs8" }));
const key = { M2MCP_CLIENT_ID: "robot", M2MCP_PRIVATE_KEY: keyFile, M2MCP_STORE: "file" };

const start = async (home: Home, env: Record<string, string>) => {
  const startedMs = performance.now();
  const { code, stderr } = await home.run([world.url, "ping"], { env });
  if (code !== 0) throw new Error(stderr);
  return performance.now() - startedMs;
};
const warm = async (env: Record<string, string>) => {
  const home = createHome();
  await start(home, env);
  return () => start(home, env);
};
const fresh = async (env: Record<string, string>) => {
  const home = createHome();
  // The store of the home is there, nothing is known of the server.
  const tookMs = await start(home, env);
  await home.remove();
  return tookMs;
};
const shared = { M2MCP_CACHE: redis.url };
const kinds: Record<string, () => Promise<number>> = {
  "warm, the token in the store": await warm(secret),
  "warm, the same with --cache": await warm({ ...secret, ...shared }),
  "empty home, no cache, a token request": () => fresh(secret),
  "empty home, the token in the cache, client secret": () => fresh({ ...secret, ...shared }),
  "empty home, the token in the cache, a short secret": () => fresh({ ...short, ...shared }),
  "empty home, the token in the cache, private key": () => fresh({ ...key, ...shared }),
};
const took = new Map(Object.keys(kinds).map((kind) => [kind, [] as number[]]));
for (let round = 0; round < ROUNDS; round++)
  // In another order each time: what runs after what makes a difference.
  for (const [kind, run] of Object.entries(kinds).sort(() => Math.random() - 0.5))
    took.get(kind)?.push(await run());
for (const [kind, all] of took) {
  const sorted = all.sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1);
  console.log(`${kind}: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms`);
}
await Promise.all([world.stop(), redis.stop(), keys.remove()]);
process.exit(0);
