// Several servers over `m2mcp serve`: any process serves any request, whichever server it is for.
import { describe, expect, test } from "bun:test";
import { createHome, type Home, homeForEachTest } from "../../support/home.ts";
import { says } from "../../support/mcp/scripted.ts";
import { complete, startModernServer } from "../../support/mcp/scripted-modern.ts";
import { call, modern } from "../../support/messages.ts";
import type { AnyClient, Json } from "../../support/sdk-clients.ts";
import { type Served, startRoundRobin, startServe } from "../../support/serve.ts";
import { sleep, until } from "../../support/waiting.ts";
import { CLIENTS, type Kind, saved } from "./servers.ts";

const home = homeForEachTest();
const env = { M2MCP_PASSPHRASE: "one for all" };
const said = (result: Json) => (result.content as { text: string }[])[0]?.text;
const namesOf = (page: Json) => (page.tools as { name: string }[]).map(({ name }) => name);

/** Processes with homes of their own, as in containers, which know the same names. */
async function apart(
  count: number,
  profiles: Record<string, string>,
  args: string[] = [],
): Promise<Served[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const other: Home = createHome();
      home.owns({ stop: () => other.remove() });
      for (const [name, url] of Object.entries(profiles)) {
        const { code, stderr } = await other.run(["connect", url, `@${name}`], { env });
        if (code !== 0) throw new Error(stderr);
      }
      return startServe(other, [...Object.keys(profiles).map((name) => `@${name}`), ...args], { env });
    }),
  );
}

for (const era of ["legacy", "modern"] as const)
  for (const [one, other] of [
    ["legacy", "legacy"],
    ["legacy", "modern"],
    ["sse", "modern"],
  ] as [Kind, Kind][])
    describe(`${era} client, ${one} and ${other}`, () => {
      test("a list begun at one process goes on at others, and calls too, in homes apart", async () => {
        const [a, b] = [await saved(home, "a", one), await saved(home, "b", other)];
        const served = await apart(3, { a: a.door.url, b: b.door.url });
        const front = home.owns(await startRoundRobin(served.map(({ url }) => url)));
        const it = await CLIENTS[era]({ url: "", env: home.env, served: front.url });
        const names: string[] = [];
        for (let cursor: unknown, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
          const page = await it.request("tools/list", cursor === undefined ? {} : { cursor });
          names.push(...namesOf(page));
          cursor = page.nextCursor;
        }
        expect(new Set(names).size).toBe(names.length);
        expect(names.filter((name) => name.endsWith("_echo")).toSorted()).toEqual(["a_echo", "b_echo"]);
        const texts = Array.from({ length: 12 }, (_, at) => `${at % 2 === 0 ? "a" : "b"} ${at}`);
        for (const text of texts)
          expect(said(await it.call(`${text.slice(0, 1)}_echo`, { text }))).toBe(text);
        expect(
          await Promise.all(
            ["a_ask", "b_ask", "a_ask-both", "b_ask-both"].map(async (name) => said(await it.call(name))),
          ),
        ).toEqual(["accept Ada", "accept Ada", "Ada file:///work", "Ada file:///work"]);
        await it.close();
      });
    });

test("a process that is killed in the middle is not missed by sessions at two servers", async () => {
  const [a, b] = [await saved(home, "a", "legacy"), await saved(home, "b", "legacy")];
  const served = await apart(2, { a: a.door.url, b: b.door.url });
  const front = home.owns(await startRoundRobin(served.map(({ url }) => url)));
  const it = await CLIENTS.legacy({ url: "", env: home.env, served: front.url });
  for (const name of ["a", "b"]) expect(said(await it.call(`${name}_echo`, { text: name }))).toBe(name);
  const handshakes = () => a.seen.requests.filter((one) => one === "POST initialize").length;
  const before = handshakes();
  await served[0]?.kill();
  front.targets.splice(0, 1);
  for (const name of ["a", "b"]) expect(said(await it.call(`${name}_echo`, { text: name }))).toBe(name);
  // The server's own session goes on.
  expect(handshakes()).toBe(before);
  await it.close();
});

test("one server away takes only its own from all sessions, and each hears when it is back", async () => {
  const [a, b] = [await saved(home, "a", "legacy"), await saved(home, "b", "modern")];
  const [served] = await apart(1, { a: a.door.url, b: b.door.url });
  const clients: AnyClient[] = [];
  for (const era of ["legacy", "modern", "legacy"] as const)
    clients.push(await CLIENTS[era]({ url: "", env: home.env, served: served?.url ?? "" }));
  for (const it of clients) {
    await it.watch([]);
    await it.request("tools/list");
  }
  await sleep(300);
  const told = (it: AnyClient) =>
    it.heard.filter(({ method }) => method === "notifications/tools/list_changed").length;
  await b.door.shut();
  await until(() => clients.every((it) => told(it) > 0), 20_000);
  for (const it of clients) {
    expect(said(await it.call("a_echo", { text: "on" }))).toBe("on");
    await expect(it.call("b_echo", {})).rejects.toMatchObject({ data: { code: "server_away" } });
  }
  expect((await fetch(new URL("/readyz", served?.url))).status).toBe(200);
  const before = clients.map(told);
  await b.door.open();
  await until(() => clients.every((it, at) => told(it) > (before[at] ?? 0)), 20_000);
  for (const it of clients) expect(said(await it.call("b_echo", { text: "back" }))).toBe("back");
  await a.door.shut();
  await b.door.shut();
  await sleep(2500);
  const ready = await fetch(new URL("/readyz", served?.url));
  expect([ready.status, await ready.text()]).toEqual([503, "all_away\n"]);
  for (const it of clients) await it.close();
}, 90_000);

test("Mcp-Param headers are checked under the client's names, and reach the server under its own", async () => {
  const region = { type: "string", "x-mcp-header": "Region" };
  const tools = [{ name: "where", inputSchema: { type: "object", properties: { region } } }];
  const make = async () => {
    const server = home.owns(await startModernServer());
    server.methods["tools/list"] = (asked) => complete(asked, { tools, ttlMs: 0, cacheScope: "private" });
    server.methods["tools/call"] = (asked) =>
      complete(
        asked,
        says(
          `${asked.params.name} ${asked.request.headers["mcp-name"]} ${asked.request.headers["mcp-param-region"]}`,
        ),
      );
    return server;
  };
  const [a, b] = [await make(), await make()];
  const [served] = await apart(1, { a: a.url, b: b.url });
  const it = await CLIENTS.modern({ url: "", env: home.env, served: served?.url ?? "" });
  expect(namesOf(await it.request("tools/list")).toSorted()).toEqual(["a_where", "b_where"]);
  expect(said(await it.call("b_where", { region: "eu" }))).toBe("where where eu");
  const asked = async (shown: string) => {
    const response = await fetch(served?.url ?? "", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "b_where",
        "mcp-param-region": shown,
      },
      body: JSON.stringify(modern(call(1, "b_where", { region: "eu" }))),
    });
    return [response.status, ((await response.json()) as Json & { error?: { code: number } }).error?.code];
  };
  expect([await asked("us"), await asked("eu")]).toEqual([
    [400, -32020],
    [200, undefined],
  ]);
  await it.close();
});

test("what a client has set at a server that keeps no session holds at the next process, when the first is killed", async () => {
  const [a, b] = [await saved(home, "a", "legacy"), await saved(home, "b", "modern")];
  const served = await apart(2, { a: a.door.url, b: b.door.url });
  const front = home.owns(await startRoundRobin(served.map(({ url }) => url)));
  const it = await CLIENTS.legacy({ url: "", env: home.env, served: front.url });
  await it.setLevel("error");
  await it.request("resources/list");
  await it.watch(["m2mcp://b/memo://two", "m2mcp://a/memo://one"]);
  // One process holds it: the other has handed all on.
  const holder = served.find(({ url }) => url === front.targets[0]);
  await holder?.kill();
  front.targets.splice(0, 1);
  const heard = (uri: string) =>
    it.heard.some(({ method, params }) => method.endsWith("resources/updated") && params.uri === uri);
  for (const [name, uri] of [
    ["b", "memo://two"],
    ["a", "memo://one"],
  ] as const)
    for (let tries = 0; !heard(`m2mcp://${name}/${uri}`) && tries < 60; tries++) {
      await it.call(`${name}_touch`, { uri }).catch(() => {});
      await sleep(100);
    }
  expect([heard("m2mcp://b/memo://two"), heard("m2mcp://a/memo://one")]).toEqual([true, true]);
  const from = it.heard.length;
  for (const name of ["a", "b"]) await it.call(`${name}_log`);
  await sleep(300);
  const logs = it.heard.slice(from).filter(({ method }) => method === "notifications/message");
  expect(logs.map(({ params }) => params.level)).toEqual(["error", "error"]);
  await it.close();
}, 60_000);
