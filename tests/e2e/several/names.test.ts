// Names of several servers' tools, prompts and resources, as a host's client finds and uses them.
import { describe, expect, test } from "bun:test";
import { homeForEachTest } from "../../support/home.ts";
import { PROMPTS, RESOURCES, TOOLS } from "../../support/mcp/full-server.ts";
import { reply, says } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import type { AnyClient, Json } from "../../support/sdk-clients.ts";
import { CLIENTS, save, saved } from "./servers.ts";

const home = homeForEachTest();

/** A list page by page, and how many pages it had. */
async function whole(it: AnyClient, method: string, key: string): Promise<{ items: Json[]; pages: number }> {
  const items: Json[] = [];
  let pages = 0;
  let cursor: unknown;
  do {
    const page = await it.request(method, cursor === undefined ? {} : { cursor });
    items.push(...(page[key] as Json[]));
    cursor = page.nextCursor;
    pages++;
  } while (cursor !== undefined);
  return { items, pages };
}
const said = (result: Json) => (result.content as { text: string }[])[0]?.text;
const failure = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error("it should have failed");
    },
    (error: { code: number; message: string; data: { code: string } }) => error,
  );

for (const era of ["legacy", "modern"] as const)
  describe(`${era} client`, () => {
    const connect = (names: string[], args: string[] = []) =>
      CLIENTS[era]({ url: names[0] ?? "", args: [...names.slice(1), ...args], env: home.env });

    test("same names of two servers bear their server's, on each page, and each is called there", async () => {
      const [a, b] = [await saved(home, "a", "legacy"), await saved(home, "b.c", "modern")];
      const it = await connect(["@a", "@b.c"]);
      const { items, pages } = await whole(it, "tools/list", "tools");
      expect(pages).toBe(Math.ceil((TOOLS.length + 1) / 4));
      const names = items.map(({ name }) => String(name));
      expect(new Set(names).size).toBe(2 * TOOLS.length + 1);
      expect(names.filter((name) => /^(a|b_c)_/.test(name)).length).toBe(2 * TOOLS.length);
      // Only the modern one has it.
      expect(names).toContain("numbers");
      expect(said(await it.call("a_echo", { text: "one" }))).toBe("one");
      expect(said(await it.call("b_c_echo", { text: "other" }))).toBe("other");
      expect(a.seen.requests).toContain("POST tools/call");
      expect(b.seen.requests).toContain("POST tools/call");
      const prompts = (await it.request("prompts/list")).prompts as Json[];
      expect(prompts.map(({ name }) => String(name)).toSorted()).toEqual(
        PROMPTS.flatMap(({ name }) => [`a_${name}`, `b_c_${name}`]).toSorted(),
      );
      const { messages } = await it.request("prompts/get", { name: "b_c_greet", arguments: { name: "Bo" } });
      expect(JSON.stringify(messages)).toContain("Greet Bo");
      await it.close();
    });

    test("a name that may mean two is refused with both; an unknown one with what is near", async () => {
      await saved(home, "a", "legacy");
      await saved(home, "b", "sse");
      const it = await connect(["@a", "@b"]);
      const ambiguous = await failure(it.call("echo", {}));
      expect(ambiguous).toMatchObject({ code: -32602, data: { code: "ambiguous_name" } });
      expect(ambiguous.message).toContain("a_echo or b_echo");
      const unknown = await failure(it.call("b_ecko", {}));
      expect(unknown).toMatchObject({ code: -32602, data: { source: "m2mcp", code: "unknown_name" } });
      expect(unknown.message).toContain("did you mean b_echo");
      await it.close();
    });

    test("resources keep their URIs; those that two have lead to their own, and updates come under the same", async () => {
      const [a, _b] = [
        await saved(home, "a", "legacy"),
        await saved(home, "b", era === "modern" ? "modern" : "legacy"),
      ];
      const it = await connect(["@a", "@b"]);
      const { items } = await whole(it, "resources/list", "resources");
      const uris = items.map(({ uri }) => String(uri));
      expect(uris.toSorted()).toEqual(
        RESOURCES.flatMap(({ uri }) => [`m2mcp://a/${uri}`, `m2mcp://b/${uri}`]).toSorted(),
      );
      for (const uri of uris) {
        const { contents } = await it.request("resources/read", { uri });
        expect(contents).toMatchObject([{ uri, text: `text of ${uri.replace(/^m2mcp:..[ab]./, "")}` }]);
      }
      const stop = await it.watch(["m2mcp://b/memo://one"]);
      expect(a.seen.subscribed.size).toBe(0);
      await it.call("b_touch", { uri: "memo://one" });
      const updated = () => it.heard.find(({ method }) => method === "notifications/resources/updated");
      for (let tries = 0; !updated() && tries < 100; tries++) await Bun.sleep(20);
      expect(updated()?.params.uri).toBe("m2mcp://b/memo://one");
      await stop();
      await it.close();
    });
  });

test("--prefix always gives each name its server's, and it never changes", async () => {
  const list = (name: string) =>
    startLegacyServer((asked) =>
      asked.method === "tools/list"
        ? reply(asked, { tools: [{ name, inputSchema: { type: "object" } }] })
        : reply(asked, says(name)),
    );
  await save(home, "a", home.owns(await list("one")).url);
  await save(home, "b", home.owns(await list("two")).url);
  for (const how of [{ args: ["--prefix", "always"] }, { env: { M2MCP_PREFIX: "always" } }]) {
    const env = { ...home.env, ...how.env };
    const it = await CLIENTS.legacy({ url: "@a", args: ["@b", ...(how.args ?? [])], env });
    expect(((await it.request("tools/list")).tools as Json[]).map(({ name }) => name)).toEqual([
      "a_one",
      "b_two",
    ]);
    expect(said(await it.call("b_two"))).toBe("two");
    await it.close();
  }
});

test("names do not change because a server is away at the start: what it listed last is remembered", async () => {
  const [, b] = [await saved(home, "a", "legacy"), await saved(home, "b", "legacy")];
  const first = await CLIENTS.legacy({ url: "@a", args: ["@b"], env: home.env });
  await first.request("tools/list");
  await first.close();
  await b.door.shut();
  const it = await CLIENTS.legacy({ url: "@a", args: ["@b"], env: home.env });
  const { items } = await whole(it, "tools/list", "tools");
  expect(items.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => `a_${name}`));
  const away = await failure(it.call("b_echo", { text: "x" }));
  expect(away.data).toMatchObject({ source: "m2mcp", code: "server_away" });
  expect(away.message).toContain("@b is away");
  await it.close();
});

test("a host that was shown a name goes on with it though it clashes by now; the list tells of the new ones", async () => {
  let isSecond = false;
  const tool = (name: string) => ({ name, inputSchema: { type: "object" } });
  const make = async (own: string) =>
    home.owns(
      await startLegacyServer((asked) =>
        asked.method === "tools/list"
          ? reply(asked, { tools: own === "a" || isSecond ? [tool("search")] : [] })
          : reply(asked, says(own)),
      ),
    ).url;
  await save(home, "a", await make("a"));
  await save(home, "b", await make("b"));
  const it = await CLIENTS.legacy({ url: "@a", args: ["@b"], env: home.env });
  const names = async () => ((await it.request("tools/list")).tools as Json[]).map(({ name }) => name);
  expect(await names()).toEqual(["search"]);
  isSecond = true;
  expect(await names()).toEqual(["a_search", "b_search"]);
  expect([said(await it.call("search")), said(await it.call("b_search"))]).toEqual(["a", "b"]);
  await it.close();
});
