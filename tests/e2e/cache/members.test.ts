// Members of a fleet of different kinds: tokens that are bound to a key, serve, profiles, no secret of their own.
import { expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startGuardedServer } from "../../support/mcp/guarded-server.ts";
import { REDIS, startRedis } from "../../support/net/redis.ts";
import { startAuthorizationServer } from "../../support/oauth/authorization-server.ts";
import { startSmallWorld } from "../../support/oauth/small-world.ts";
import { startServe } from "../../support/serve.ts";
import { inNewHome, memberEnv, once, told } from "./fleet.ts";

const real = test.concurrent.if(REDIS !== undefined);

real("a token that is bound to a key (DPoP): the fleet has one key", async () => {
  const dpop = { requireNonce: false };
  const [as, redis] = await Promise.all([startAuthorizationServer({ dpop }), startRedis()]);
  const mcp = await startGuardedServer({ issuer: as.issuer, jwksUri: as.jwksUri, inMetadata: true });
  const env = {
    ...memberEnv(redis.url),
    M2MCP_CLIENT_ID: as.clients.basic.id,
    M2MCP_CLIENT_SECRET: as.clients.basic.secret,
  };
  const before = as.arrivals();
  for (let member = 1; member <= 3; member++)
    await inNewHome(async (home) => {
      const { code, stderr } = await home.run([mcp.url, "ping"], { env });
      expect([member, code, stderr, told(stderr)]).toEqual([member, 0, stderr, []]);
      expect(mcp.verdicts.at(-1)).toBe("ok");
    });
  expect(as.arrivals() - before).toBe(1);
  await Promise.all([as.stop(), mcp.stop(), redis.stop()]);
});

real(
  "serve, a profile that keeps the cache, one in the environment, and one whose secret is in a file",
  async () => {
    const [world, redis] = await Promise.all([startSmallWorld(), startRedis()]);
    const env = memberEnv(redis.url);
    await inNewHome(async (home) => {
      const served = await startServe(home, [world.url], { env });
      await fetch(served.url.replace(/\/mcp$/, "/readyz"));
      expect(world.secrets.length).toBe(1);
      await served.stop();
    });
    await inNewHome(async (home) => {
      const file = join(home.folder, "secret");
      writeFileSync(file, `${env.M2MCP_CLIENT_SECRET}\n`);
      const { M2MCP_CLIENT_SECRET: _, ...rest } = env;
      const { code } = await home.run([world.url, "ping"], {
        env: { ...rest, M2MCP_CLIENT_SECRET_FILE: file },
      });
      expect([code, world.secrets.length]).toEqual([0, 1]);
    });
    await inNewHome(async (home) => {
      const { M2MCP_CACHE: cache = "", ...rest } = env;
      const login = await home.run(["login", world.url, "@svc", "--cache", cache], { env: rest });
      // A login proves the credentials by a request of its own.
      expect([login.code, world.secrets.length]).toEqual([0, 2]);
      world.revoke();
      const store = { M2MCP_STORE: "file" };
      expect((await home.run(["@svc", "ping"], { env: store })).code).toBe(0);
      expect(world.secrets.length).toBe(3);
      const other = await inNewHome((one) => once(world, cache, one));
      expect([other.code, other.told, world.secrets.length]).toEqual([0, [], 3]);
      // Off for once, and for good.
      world.revoke();
      expect((await home.run(["@svc", "ping", "--cache", "off"], { env: store })).code).toBe(0);
      expect((await home.run(["config", "@svc", "cache="], { env: store })).code).toBe(0);
      expect((await home.run(["config", "@svc", "cache"], { env: store })).stdout.trim()).toBe("");
    });
    await Promise.all([world.stop(), redis.stop()]);
  },
);

real("a private key is what seals; without a secret it is said, and a passphrase helps", async () => {
  const [world, redis] = await Promise.all([startSmallWorld(), startRedis()]);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const asks = (type: "pkcs8" | "pkcs1") =>
    inNewHome(async (home) => {
      const file = join(home.folder, "key.pem");
      writeFileSync(file, privateKey.export({ format: "pem", type }));
      const { M2MCP_CLIENT_SECRET: _, ...env } = memberEnv(redis.url);
      const before = world.secrets.length;
      const { code, stderr } = await home.run([world.url, "ping"], {
        env: { ...env, M2MCP_PRIVATE_KEY: file },
      });
      return [code, told(stderr), world.secrets.length - before];
    });
  expect(await asks("pkcs8")).toEqual([0, [], 1]);
  expect(await asks("pkcs1")).toEqual([0, [], 0]);
  const platform = (more: Record<string, string>) =>
    inNewHome(async (home) => {
      const { M2MCP_CLIENT_SECRET: _, ...env } = memberEnv(redis.url);
      const before = world.secrets.length;
      const { code, stderr } = await home.run([world.url, "ping"], {
        env: { ...env, M2MCP_CLIENT_ASSERTION_FILE: join(home.folder, "jwt"), ...more },
        ...(writeFileSync(join(home.folder, "jwt"), "e30.e30.e30") ?? {}),
      });
      return [code, told(stderr).join(), world.secrets.length - before];
    });
  expect(await platform({})).toEqual([0, expect.stringMatching(/is not used for .*M2MCP_PASSPHRASE/), 1]);
  const word = { M2MCP_PASSPHRASE: "of the fleet" };
  expect(await platform(word)).toEqual([0, "", 1]);
  expect(await platform(word)).toEqual([0, expect.any(String), 0]);
  await Promise.all([world.stop(), redis.stop()]);
});
