// Whoever has the cache, its dump or its traffic has nothing; nobody is shown the password of its address.
import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startBridge } from "../../support/bridge.ts";
import { modern, request } from "../../support/messages.ts";
import { CLI, REDIS, startRedis } from "../../support/net/redis.ts";
import { startSmallWorld } from "../../support/oauth/small-world.ts";
import { sleep } from "../../support/waiting.ts";
import { CLIENT, inNewHome, memberEnv, once, SECRET } from "./fleet.ts";

const real = test.concurrent.if(REDIS !== undefined);

real("nothing can be read in keys, dump, files and traffic of a cache", async () => {
  const [world, redis] = await Promise.all([startSmallWorld(), startRedis("--appendonly", "yes")]);
  const monitor = spawn(CLI, ["-s", redis.socket, "MONITOR"]);
  let heard = "";
  monitor.stdout.setEncoding("latin1").on("data", (text: string) => {
    heard += text;
  });
  await inNewHome((home) => once(world, redis.url, home, { M2MCP_SCOPE: "files:read" }));
  await inNewHome((home) => once(world, redis.url, home, { M2MCP_SCOPE: "files:read" }));
  redis.cli("SAVE");
  await sleep(200);
  monitor.kill();
  const names = redis.cli("--scan").split("\n");
  const files = readdirSync(redis.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
  const dumps = names.flatMap((name) => [redis.cli("GET", name), redis.cli("DUMP", name)]);
  const all = [heard, ...names, ...dumps, ...files].join("\n");
  expect([names.length, files.length > 1, /EVAL/i.test(heard)]).toEqual([2, true, true]);
  const { host, port } = new URL(world.url);
  for (const text of [SECRET, CLIENT, "files:read", "token-1", "access", host, port, "Bearer", "issuer"])
    for (const form of [text, Buffer.from(text).toString("base64").replace(/=+$/, "").slice(0, -1)])
      expect([text, all.includes(form)]).toEqual([text, false]);
  // Entries end with their token.
  const entry = names.find((name) => name.endsWith("}")) ?? "";
  expect(Number(redis.cli("PTTL", entry))).toBeGreaterThan(3_500_000);
  expect(Number(redis.cli("PTTL", entry))).toBeLessThanOrEqual(3_600_000);
  await Promise.all([world.stop(), redis.stop()]);
});

real("other secrets, clients, servers and scopes find nothing of one another", async () => {
  const [world, redis] = await Promise.all([startSmallWorld(), startRedis()]);
  const asks = async (more: Record<string, string>) => {
    const before = world.secrets.length;
    const { code, told } = await inNewHome((home) => once(world, redis.url, home, more));
    expect([code, told]).toEqual([0, []]);
    return world.secrets.length - before;
  };
  const others = [{}, { M2MCP_CLIENT_SECRET: "other" }, { M2MCP_CLIENT_ID: "other" }, { M2MCP_SCOPE: "x" }];
  for (const more of others) expect([more, await asks(more)]).toEqual([more, 1]);
  for (const more of others) expect([more, await asks(more)]).toEqual([more, 0]);
  // A passphrase of the store is no part of it where there is a secret.
  expect(await asks({ M2MCP_PASSPHRASE: "mine", M2MCP_STORE: "passphrase" })).toBe(0);
  await Promise.all([world.stop(), redis.stop()]);
});

test.concurrent("the address's password is seen nowhere: arguments, messages, debug, config, export", async () => {
  const world = await startSmallWorld();
  await inNewHome(async (home) => {
    const cache = "redis://fleet:pass-word@127.0.0.1:9/2";
    const env = { ...memberEnv(""), DEBUG: "*", M2MCP_VERBOSE: "1" };
    const login = await home.run(["login", world.url, "@svc", "--cache", cache], { env });
    expect(login.code).toBe(0);
    const seen = [login];
    for (const args of [
      ["@svc", "ping", "--verbose"],
      ["config", "@svc"],
      ["config", "@svc", "cache"],
      ["profiles", "--json"],
      ["doctor", "@svc"],
      ["export", "@svc"],
      ["@svc", "ping", "--cache", "redis://x:pass-word"],
      ["@svc", "ping", "--cache", "rediss:pass-word@127.0.0.1/a/b"],
      ["@svc", "ping", "--cache", "http://fleet:pass-word@127.0.0.1"],
    ])
      seen.push(await home.run(args, { env }));
    for (const { stdout, stderr } of seen) expect(stdout + stderr).not.toContain("pass-word");
    expect(seen[3]?.stdout).toBe("redis://…@127.0.0.1:9/2\n");
    expect(seen[5]?.stdout).toMatch(
      /FAIL\s+token cache: redis:\/\/127\.0\.0\.1:9\/2: it refuses the connection/,
    );
    expect([seen[5]?.code, seen[5]?.stderr]).toEqual([3, expect.stringContaining("tokens are not shared")]);
    expect(seen[6]?.stdout).toContain('"missing"');
    // What others see of a process that runs.
    const child = home.start(["bridge", "@svc", `--cache=${cache}`], { env: { M2MCP_STORE: "file" } });
    await sleep(500);
    if (process.platform === "linux") {
      const shown = readFileSync(`/proc/${child.pid}/cmdline`, "latin1");
      expect(shown).toContain("bridge");
      expect(shown).not.toContain("pass-word");
    }
    child.kill();
  });
  await world.stop();
});

real("doctor and status say how a cache serves", async () => {
  const [world, redis] = await Promise.all([startSmallWorld(), startRedis()]);
  await inNewHome(async (home) => {
    const env = memberEnv(redis.url);
    const doctor = await home.run(["doctor", world.url], { env });
    // What it tried is gone.
    expect(redis.cli("--scan")).not.toContain("trial");
    expect(doctor.stdout).toMatch(
      /ok\s+token cache: redis:\S+: (Redis|Valkey) [\d.]+, without TLS, answers in/,
    );
  });
  // At home there was a token then, which needs no cache.
  await inNewHome(async (home) => {
    const env = memberEnv(redis.url);
    const bridge = startBridge(home, [world.url], { env });
    bridge.say(modern(request(1, "tools/list")));
    await bridge.answer(1);
    let shown = "";
    for (let looks = 0; looks < 40 && !/serves/.test(shown); looks++) {
      await sleep(100);
      shown = (await home.run(["status"], { env })).stdout;
    }
    expect(shown).toContain(`token cache ${redis.url} serves`);
    const json = JSON.parse((await home.run(["status", "--json"], { env })).stdout);
    expect(json.bridges[0].cache).toEqual({ address: redis.url, serves: true, why: null });
    await bridge.end();
  });
  await Promise.all([world.stop(), redis.stop()]);
});
