// What a legacy client has set at `m2mcp serve` with a shared cache, where all processes that knew of it were killed: a client
// that keeps its first id, and takes no cookies, finds it again.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../support/home.ts";
import { reply, says, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { type ModernServer, startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, request } from "../support/messages.ts";
import { between, REDIS, startRedis } from "../support/net/redis.ts";
import { httpClient, startReplicas } from "../support/replicas-by-hand.ts";
import { until } from "../support/waiting.ts";

const home = homeForEachTest();
const withRedis = test.skipIf(REDIS === undefined);
const LIMIT_MS = 40_000;
const LEVEL = "io.modelcontextprotocol/logLevel";
const levelOf = ({ seen }: ModernServer) =>
  seen.findLast(({ method }) => method === "tools/call")?.params._meta[LEVEL];
const subscribedTo = ({ listens }: ModernServer) =>
  listens.flatMap(({ params }) => params.notifications.resourceSubscriptions ?? []);
const setLevel = (level: string) => request(`level ${level}`, "logging/setLevel", { level });
const subscribe = (uri: string) => request(`subscribe ${uri}`, "resources/subscribe", { uri });

withRedis(
  "serve with a cache, at a server of 2026-07-28: what a client with its first id has set outlives all processes",
  async () => {
    const redis = home.owns(await startRedis());
    const server = home.owns(await startModernServer());
    // With the rights that docs/shared-cache.md names.
    const rights = ["+eval", "+get", "+set", "+del", "+pttl", "+select"];
    redis.cli("ACL", "SETUSER", "fleet", "on", ">secret", "resetkeys", "~m2mcp:*", ...rights);
    const address = redis.url.replace("//", "//fleet:secret@");
    const { url, restart, stderr } = await startReplicas(home, server.url, 2, "--cache", address);
    const it = httpClient("keeps its first id");
    await it.open(url(0));
    await it.ask(url(0), setLevel("error"));
    await it.ask(url(1), subscribe("memo://1"));
    expect(stderr(0)).not.toContain("does not serve");
    for (const at of [0, 1]) await restart(at);
    await it.ask(url(1), call(1));
    expect(levelOf(server)).toBe("error");
    await it.hear(url(1), AbortSignal.timeout(5000));
    await until(() => subscribedTo(server).includes("memo://1"));
    // What is set by then is not lost over what is set next.
    await it.ask(url(0), subscribe("memo://2"));
    for (const at of [0, 1]) await restart(at);
    await it.ask(url(0), call(2));
    expect(levelOf(server)).toBe("error");
    await it.hear(url(0), AbortSignal.timeout(5000));
    await until(() => ["memo://1", "memo://2"].every((uri) => subscribedTo(server).includes(uri)));
  },
  LIMIT_MS,
);

withRedis(
  "serve with a cache, where the holder does not come back: the next holder is found by the cache",
  async () => {
    const redis = home.owns(await startRedis());
    const server = home.owns(await startModernServer());
    const { url, end } = await startReplicas(home, server.url, 3, "--cache", redis.url);
    const it = httpClient("keeps its first id");
    await it.open(url(0));
    await it.ask(url(0), setLevel("error"));
    await end(0);
    await it.ask(url(1), call(1));
    expect(levelOf(server)).toBe("error");
    await it.ask(url(1), setLevel("debug"));
    await it.ask(url(2), call(2));
    expect(levelOf(server)).toBe("debug");
  },
  LIMIT_MS,
);

withRedis(
  "serve with a cache, at a legacy server: the session that took the place of a forgotten one, and what was set in it, outlive all processes",
  async () => {
    const redis = home.owns(await startRedis());
    const forgotten = new Set<string>();
    const set: string[] = [];
    const server = home.owns(
      await startLegacyServer(
        (asked) => {
          if (asked.http === "GET") return stream(asked.response);
          if (forgotten.has(asked.session ?? "")) return asked.response.writeHead(404).end();
          if (asked.method === "logging/setLevel") set.push(`${asked.session} ${asked.params.level}`);
          reply(asked, asked.method === "tools/call" ? says(String(asked.session)) : {});
        },
        { handshake: { capabilities: { logging: {}, resources: { subscribe: true } } } },
      ),
    );
    const { url, restart } = await startReplicas(home, server.url, 2, "--cache", redis.url);
    const it = httpClient("keeps its first id");
    await it.open(url(0));
    await it.ask(url(0), setLevel("error"));
    forgotten.add("s1");
    expect((await it.ask(url(1), call(1))).result.content[0].text).toBe("s2");
    await until(() => set.includes("s2 error"));
    for (const at of [0, 1]) await restart(at);
    expect((await it.ask(url(0), call(2))).result.content[0].text).toBe("s2");
    expect((await it.ask(url(1), call(3))).result.content[0].text).toBe("s2");
    expect(server.count("initialize")).toBe(2);
    // Set once more where it is lost after that.
    forgotten.add("s2");
    expect((await it.ask(url(1), call(4))).result.content[0].text).toBe("s3");
    await until(() => set.includes("s3 error"));
  },
  LIMIT_MS,
);

withRedis(
  "serve with a cache: it holds nothing that can be read, of a session that was ended nothing but that, and nothing for ever",
  async () => {
    const redis = home.owns(await startRedis());
    const server = home.owns(await startModernServer());
    const { url } = await startReplicas(home, server.url, 1, "--cache", redis.url);
    const it = httpClient("keeps its first id");
    await it.open(url(0));
    await it.ask(url(0), subscribe("memo://secret"));
    await it.ask(url(0), setLevel("alert"));
    const [key = "", another] = redis.cli("KEYS", "*").split("\n");
    expect(another).toBeUndefined();
    expect(Number(redis.cli("TTL", key))).toBeGreaterThan(3600);
    redis.cli("SAVE");
    const dump = readFileSync(join(redis.folder, "dump.rdb"), "latin1");
    for (const word of ["memo", "secret", "alert", "127.0.0.1", "scripted"]) expect(dump).not.toContain(word);
    await it.end(url(0));
    expect(redis.cli("KEYS", "*")).toBe(key);
    expect(redis.cli("GET", key)).toMatch(/^\d+ ended$/);
    expect(Number(redis.cli("TTL", key))).toBeGreaterThan(3600);
  },
  LIMIT_MS,
);

for (const [name, start] of [
  [
    "a legacy server",
    () => startLegacyServer((asked) => reply(asked, asked.method === "tools/call" ? says("done") : {})),
  ],
  ["a server of 2026-07-28", startModernServer],
] as const)
  withRedis(
    `serve with a cache, at ${name}: a session that its client has ended is ended at all processes`,
    async () => {
      const redis = home.owns(await startRedis());
      const server = home.owns(await start());
      const { url, end } = await startReplicas(home, server.url, 3, "--cache", redis.url);
      const it = httpClient("keeps its first id");
      await it.open(url(0));
      await it.ask(url(1), call(1));
      expect((await it.end(url(0))).status).toBe(200);
      await end(0);
      // One has not heard of the session, the other has it.
      for (const at of [2, 1])
        for (let response = await it.post(url(at), call(at)); ; response = await it.post(url(at), call(at))) {
          await response.text();
          if (at === 2) expect(response.status).toBe(404);
          if (response.status === 404) break;
        }
    },
    LIMIT_MS,
  );

withRedis(
  "serve with a cache that stalls: the end of a session is answered once the cache was given up on",
  async () => {
    const redis = home.owns(await startRedis());
    const net = home.owns(await between(redis.port));
    const server = home.owns(await startModernServer());
    const { url } = await startReplicas(home, server.url, 1, "--cache", net.url);
    const it = httpClient("keeps its first id");
    await it.open(url(0));
    await it.ask(url(0), call(1));
    net.stalls = true;
    const sinceMs = performance.now();
    expect((await it.end(url(0))).status).toBe(200);
    const tookMs = performance.now() - sinceMs;
    // The cache has a second for each reply.
    expect(tookMs).toBeGreaterThan(500);
    expect(tookMs).toBeLessThan(20_000);
    expect((await it.post(url(0), call(2))).status).toBe(404);
  },
  LIMIT_MS,
);

withRedis(
  "serve with a cache that goes away, or stalls: sessions go on, and what is set is kept again once it is back",
  async () => {
    const redis = home.owns(await startRedis());
    const net = home.owns(await between(redis.port));
    const server = home.owns(await startModernServer());
    const { url, restart, stderr } = await startReplicas(home, server.url, 1, "--cache", net.url);
    const it = httpClient("keeps its first id");
    await it.open(url(0));
    net.stalls = true;
    await it.ask(url(0), setLevel("error"));
    await it.ask(url(0), call(1));
    expect(levelOf(server)).toBe("error");
    await until(() => stderr(0).includes("does not serve"));
    net.stalls = false;
    for (let at = 0; redis.cli("KEYS", "*") === "" && at < 100; at++) {
      await Bun.sleep(100);
      await it.ask(url(0), subscribe(`memo://${at}`));
    }
    await restart(0);
    await it.ask(url(0), call(2));
    expect(levelOf(server)).toBe("error");
  },
  LIMIT_MS,
);
