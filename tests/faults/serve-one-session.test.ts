// Modern clients at `m2mcp serve` of a server that keeps sessions: all processes are in one, whoever of them is killed.
import { expect, test } from "bun:test";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { createHome, type Home, homeForEachTest, type RunOptions } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startMcpServer } from "../support/mcp/mcp-server.ts";
import { DISCOVER } from "../support/messages.ts";
import { type Between, between, REDIS, type Redis, startRedis } from "../support/net/redis.ts";
import { type AnyClient, connectModern, type Json } from "../support/sdk-clients.ts";
import { type Served, startServe } from "../support/serve.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();
const withRedis = test.skipIf(REDIS === undefined);
const LIMIT_MS = 60_000;
const env = { M2MCP_PASSPHRASE: "one for all" };

/** Counts the calls of its session, and tells of a new tool at every one. */
function counting(): McpServer {
  const server = new McpServer({ name: "counts", version: "1" });
  let calls = 0;
  server.registerTool("count", {}, () => {
    calls++;
    server.registerTool(`tool-${calls}`, {}, () => ({ content: [] }));
    return { content: [{ type: "text", text: `${calls}` }] };
  });
  return server;
}

const startCounting = async () => home.owns(await startMcpServer({ create: counting }));
const count = async (client: AnyClient): Promise<string | undefined> =>
  ((await client.call("count")).content as { text: string }[])[0]?.text;
const changes = ({ heard }: AnyClient) =>
  heard.filter(({ method }) => method === "notifications/tools/list_changed").length;
const start = (of: Home, server: string, options: RunOptions = { env }, ...args: string[]) =>
  startServe(of, [server, ...args], options);

/** A client at each process; closed with the home. */
async function clientsAt(served: readonly Served[]): Promise<AnyClient[]> {
  const clients: AnyClient[] = [];
  // In turn: the first is the first to ask the server.
  for (const { url } of served) clients.push(await connectModern({ url, env: {}, served: url }));
  for (const client of clients) home.owns({ stop: () => client.close().catch(() => {}) });
  return clients;
}

test(
  "three processes of one home: one session, and a listener at one hears what a call through another has changed",
  async () => {
    const server = await startCounting();
    const served = await Promise.all([1, 2, 3].map(() => start(home, server.url)));
    const clients = await clientsAt(served);
    const stop = await clients[1]?.watch([]);
    const counts: unknown[] = [];
    for (const client of [...clients, ...clients]) counts.push(await count(client));
    expect(counts).toEqual(["1", "2", "3", "4", "5", "6"]);
    await until(() => changes(clients[1] as AnyClient) > 0);
    expect(server.requests.filter(({ body }) => body.includes('"initialize"'))).toHaveLength(1);
    await stop?.();
  },
  LIMIT_MS,
);

for (const killed of ["SIGKILL", "SIGTERM"] as const)
  test(
    `the process that has the session ends by ${killed}: the others go on in one, and hear each other again`,
    async () => {
      const server = await startCounting();
      const served = await Promise.all([1, 2, 3].map(() => start(home, server.url)));
      const clients = await clientsAt(served);
      for (const client of clients) await count(client);
      const listening = await clients[1]?.watch([]);
      await (killed === "SIGKILL" ? served[0]?.kill() : served[0]?.stop());
      const startedMs = performance.now();
      const [, second, third] = clients as [AnyClient, AnyClient, AnyClient];
      // Whoever is asked first, and both at once.
      const [one, other] = await Promise.all([count(third), count(second)]);
      expect(performance.now() - startedMs).toBeLessThan(6000);
      expect([one, other].sort()).toEqual(["1", "2"]);
      await listening?.().catch(() => {});
      await second.watch([]);
      const before = changes(second);
      expect(await count(third)).toBe("3");
      await until(() => changes(second) > before);
      // Who comes back finds the session where it is.
      const [again] = await clientsAt([await start(home, server.url)]);
      expect(await count(again as AnyClient)).toBe("4");
    },
    LIMIT_MS,
  );

test(
  "the process that has the session is stopped: nobody waits for it for long, and it has it no more when it goes on",
  async () => {
    const server = await startCounting();
    const served = await Promise.all([1, 2, 3].map(() => start(home, server.url)));
    const [first, second, third] = (await clientsAt(served)) as [AnyClient, AnyClient, AnyClient];
    for (const client of [first, second, third]) await count(client);
    process.kill(served[0]?.pid ?? 0, "SIGSTOP");
    const startedMs = performance.now();
    // What changes nothing is answered by another; of a call, nobody can say what came of it.
    const call = count(second).catch((error: Error) => error.message);
    expect((await third.request("tools/list")).tools).toHaveLength(1);
    expect(await call).toContain("has ended");
    expect(performance.now() - startedMs).toBeLessThan(8000);
    expect([await count(second), await count(third)]).toEqual(["1", "2"]);
    process.kill(served[0]?.pid ?? 0, "SIGCONT");
    await sleep(2500);
    expect([await count(first), await count(second)]).toEqual(["3", "4"]);
  },
  LIMIT_MS,
);

test(
  "a server over HTTP+SSE: one session for all, and one again after the process that had it was killed",
  async () => {
    const server = home.owns(await startFullLegacyServer("sse"));
    const served = await Promise.all([1, 2, 3].map(() => start(home, server.url)));
    const [first, second, third] = (await clientsAt(served)) as [AnyClient, AnyClient, AnyClient];
    for (const client of [first, second, third]) await client.call("echo", { text: "hi" });
    expect(server.sessions()).toBe(1);
    await served[0]?.kill();
    for (const client of [second, third]) await client.call("echo", { text: "hi" });
    await until(() => server.sessions() === 1);
    await second.watch([]);
    await third.call("change", { what: "tools" });
    await until(() => changes(second) > 0);
  },
  LIMIT_MS,
);

withRedis(
  "homes of their own with a shared cache: one session, and one again after a kill; a cache that ends takes it from nobody",
  async () => {
    const redis = home.owns(await startRedis());
    const server = await startCounting();
    const homes = [1, 2, 3].map(() => createHome());
    for (const one of homes) home.owns({ stop: () => one.remove() });
    // With the rights that docs/shared-cache.md names.
    const rights = ["+eval", "+get", "+set", "+del", "+pttl", "+select"];
    redis.cli("ACL", "SETUSER", "fleet", "on", ">secret", "resetkeys", "~m2mcp:*", ...rights);
    const address = redis.url.replace("//", "//fleet:secret@");
    const served = await Promise.all(homes.map((one) => start(one, server.url, { env }, "--cache", address)));
    const clients = await clientsAt(served);
    const counts: unknown[] = [];
    for (const client of clients) counts.push(await count(client));
    expect(counts).toEqual(["1", "2", "3"]);
    for (const { stderr } of served) expect(stderr()).not.toContain("does not serve");
    const names = redis.cli("KEYS", "*").split("\n");
    for (const name of names) {
      expect(name).toMatch(/^m2mcp:\{[0-9a-f]{32}\}(:\w+)?$/);
      expect(redis.cli("GET", name)).not.toMatch(/127\.0\.0\.1/);
    }
    await served[0]?.kill();
    const [, second, third] = clients as [AnyClient, AnyClient, AnyClient];
    expect(await count(third)).toBe("1");
    expect(await count(second)).toBe("2");
    await redis.kill();
    for (const expected of ["3", "4", "5", "6"])
      expect(await count(Number(expected) % 2 ? third : second)).toBe(expected);
  },
  LIMIT_MS,
);

const LOSSES: Record<string, (redis: Redis, wall: Between) => unknown> = {
  "that ends": (redis) => redis.kill(),
  "that the process with the session is cut off from": (_, wall) => {
    wall.stalls = true;
  },
};
for (const [what, lose] of Object.entries(LOSSES))
  withRedis(
    `a shared cache ${what}: what the others have at the process with the session is answered`,
    async () => {
      const redis = home.owns(await startRedis());
      const wall = home.owns(await between(redis.port));
      let isCalled = false;
      const create = () => {
        const slow = new McpServer({ name: "slow", version: "1" });
        slow.registerTool("quick", {}, () => ({ content: [] }));
        slow.registerTool("slow", {}, async () => {
          isCalled = true;
          // So long that the claim is over, and the holder is looked after.
          await sleep(7000);
          return { content: [{ type: "text", text: "done" }] };
        });
        return slow;
      };
      const server = home.owns(await startMcpServer({ create }));
      const served = await Promise.all(
        [wall.url, redis.url].map((cache) => {
          const own = createHome();
          home.owns({ stop: () => own.remove() });
          return start(own, server.url, { env }, "--cache", cache);
        }),
      );
      const [first, second] = (await clientsAt(served)) as [AnyClient, AnyClient];
      await first.call("quick");
      const called = second.call("slow");
      await until(() => isCalled);
      await lose(redis, wall);
      expect((await called).content).toEqual([{ type: "text", text: "done" }]);
      expect(server.requests.filter(({ body }) => body.includes('"initialize"'))).toHaveLength(1);
    },
    LIMIT_MS,
  );

test(
  "processes that refuse different tools share no session: none does for another what that one refuses",
  async () => {
    const server = await startCounting();
    const open = await start(home, server.url);
    const narrow = await start(home, server.url, { env }, "--deny-tool", "count");
    const [one, other] = (await clientsAt([open, narrow])) as [AnyClient, AnyClient];
    expect(await count(one)).toBe("1");
    await expect(other.call("count")).rejects.toThrow();
    expect(await count(one)).toBe("2");
  },
  LIMIT_MS,
);

test(
  "who writes calls down hands none to who does not: each is in one file, whichever process it comes by",
  async () => {
    const server = await startCounting();
    const file = (name: string) => `${home.folder}/${name}.jsonl`;
    const audited = (name: string) => start(home, server.url, { env }, "--audit", file(name));
    const served = [await start(home, server.url), await audited("one"), await audited("two")];
    const [bare, one, two] = (await clientsAt(served)) as [AnyClient, AnyClient, AnyClient];
    expect([await count(bare), await count(one), await count(two)]).toEqual(["1", "1", "2"]);
    const lines = await Promise.all(
      ["one", "two"].map((name) =>
        Bun.file(file(name))
          .text()
          .catch(() => ""),
      ),
    );
    expect(lines.join("").match(/"tool":"count"/g)).toHaveLength(2);
  },
  LIMIT_MS,
);

test(
  "processes that speak as two people share no session: none acts for the other",
  async () => {
    const server = await startCounting();
    for (const who of ["alice", "bob"]) {
      const file = `${home.folder}/${who}`;
      await Bun.write(file, `token-of-${who}`);
      const [client] = await clientsAt([await start(home, server.url, { env }, "--token-file", file)]);
      const before = server.requests.length;
      expect(await count(client as AnyClient)).toBe("1");
      const shown = server.requests.slice(before).map(({ headers }) => headers.authorization);
      expect(new Set(shown)).toEqual(new Set([`Bearer token-of-${who}`]));
    }
  },
  LIMIT_MS,
);

test(
  "who wants another bearer, or cannot be reached, shares no session; each goes on by itself",
  async () => {
    const server = await startCounting();
    const bearer = `${home.folder}/bearer`;
    await Bun.write(bearer, "one-word");
    const guarded = await start(home, server.url, { env }, "--bearer-file", bearer);
    const ask = (url: string, headers: Json = {}) =>
      fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": "server/discover",
          ...(headers as Record<string, string>),
        },
        body: JSON.stringify(DISCOVER),
      });
    expect((await ask(guarded.url, { authorization: "Bearer one-word" })).status).toBe(200);
    const open = await start(home, server.url);
    expect((await ask(open.url)).status).toBe(200);
  },
  LIMIT_MS,
);
