// An id is what was written: in flight beside others that look like it, in a batch, in a cancellation, and in a session that
// several processes share.
import { describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { save } from "../e2e/several/servers.ts";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, json, refuse, says, serveScript, sse, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { startModernServer } from "../support/mcp/scripted-modern.ts";
import {
  DISCOVER,
  INITIALIZED,
  initialize,
  META,
  modern,
  notification,
  request,
} from "../support/messages.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();

const IDS = ["1", '"1"', "1.0", "9007199254740992", "9007199254740993", "18446744073709551615"];
const idIn = ({ text }: Asked) => /"id":\s*("[^"]*"|[-\d.eE+]+)/.exec(text)?.[1] ?? "";
/** Answers a call late, so that all are in flight together. */
const late = (asked: Asked) => {
  const of = JSON.stringify(asked.params?.arguments?.of ?? "none");
  const said = `{"jsonrpc":"2.0","id":${idIn(asked)},"result":{"resultType":"complete","of":${of}}}`;
  return setTimeout(() => json(asked.response, said), 100);
};

const legacyServer = () =>
  startLegacyServer((asked, response) =>
    asked.http === "GET" ? response.writeHead(405).end() : late(asked),
  );
const modernServer = async () => {
  const server = await startModernServer();
  server.methods["tools/call"] = late;
  return server;
};
const call = (id: string, era: string, name = "x") =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${name}","arguments":{"of":${JSON.stringify(id)}}${era === "modern" ? `,"_meta":${JSON.stringify(META)}` : ""}}}`;

for (const [client, server] of [
  ["legacy", "legacy"],
  ["legacy", "modern"],
  ["modern", "modern"],
  ["modern", "legacy"],
] as const)
  describe(`a ${client} client at a ${server} server`, () => {
    const start = async () => {
      const served = home.owns(await (server === "legacy" ? legacyServer : modernServer)());
      const bridge = startBridge(home, [served.url]);
      let written = "";
      bridge.child.stdout.on("data", (text: string) => {
        written += text;
      });
      bridge.say(...(client === "legacy" ? [initialize(), INITIALIZED] : [DISCOVER]));
      await bridge.answer("init");
      return { served, bridge, written: () => written };
    };
    /** The lines that answer an id, as it is written. */
    const answersTo = (written: string, id: string) =>
      written.split("\n").filter((line) => line.includes(`"id":${id},`));

    test("gets each answer once, under the id that it wrote", async () => {
      const { bridge, written } = await start();
      bridge.say(...IDS.map((id) => call(id, client)));
      await until(() => IDS.every((id) => answersTo(written(), id).length > 0));
      await sleep(200);
      for (const id of IDS) {
        const [one = "", ...others] = answersTo(written(), id);
        expect(one).toContain(`"of":${JSON.stringify(id)}`);
        expect(others).toEqual([]);
      }
    });

    if (client === "legacy")
      test("gets them in a batch, too", async () => {
        const { bridge, written } = await start();
        bridge.child.stdin.write(`[${IDS.map((id) => call(id, client)).join(",")}]\n`);
        await until(() => written().includes("\n["));
        for (const id of IDS) expect(written().split(`"id":${id},`)).toHaveLength(2);
      });

    test("cancels by the id that it wrote", async () => {
      const { bridge } = await start();
      for (const id of ["1.0", "9007199254740993"]) {
        bridge.say(
          call(id, client),
          `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`,
        );
        // Where it were not cancelled, its answer would come.
        bridge.say(call(JSON.stringify(`after ${id}`), client));
        await bridge.answer(`after ${id}`);
      }
      await sleep(200);
      expect(bridge.heard.filter(({ id }) => typeof id === "number")).toEqual([]);
    });
  });

test("an answer of the host's goes to the server under the id that the server wrote, though the host writes it otherwise", async () => {
  const asked = ["9007199254740993", "1.0", '"7"', "7"];
  const server = home.owns(
    await startLegacyServer(({ http, id, method }, response) => {
      if (http === "GET") return response.writeHead(405).end();
      stream(response);
      if (method === "tools/call")
        for (const one of asked) response.write(sse(`{"jsonrpc":"2.0","id":${one},"method":"roots/list"}`));
      return setTimeout(() => response.end(sse(JSON.stringify({ jsonrpc: "2.0", id, result: {} }))), 300);
    }),
  );
  const { say, hear, answer } = startBridge(home, [server.url]);
  say(
    initialize("2025-11-25", { roots: {} }),
    INITIALIZED,
    '{"jsonrpc":"2.0","id":"call","method":"tools/call","params":{"name":"x"}}',
  );
  // As a host in JavaScript has them.
  for (const id of asked.map((one) => JSON.parse(one))) {
    await hear((line) => line.id === id && line.method === "roots/list");
    say({ jsonrpc: "2.0", id, result: { roots: [] } });
  }
  await answer("call");
  await until(
    () => server.seen.filter(({ method, http }) => http === "POST" && method === "").length === asked.length,
  );
  const ids = server.seen.filter(({ method, http }) => http === "POST" && method === "").map(idIn);
  expect(ids.sort()).toEqual([...asked].sort());
});

test("two commands in one saved session, at once, each print their own answer", async () => {
  // As the official SDK routes answers: by session and id, the latest request of an id has it.
  const streams = new Map<unknown, ServerResponse>();
  const server = home.owns(
    await serveScript((asked, response) => {
      if (asked.http !== "POST") return response.writeHead(asked.http === "DELETE" ? 200 : 405).end();
      const { id, params } = asked;
      if (asked.method === "initialize") {
        response.setHeader("mcp-session-id", "one");
        return json(response, {
          jsonrpc: "2.0",
          id,
          result: {
            protocolVersion: "2025-11-25",
            capabilities: { tools: {} },
            serverInfo: { name: "sdk", version: "1" },
          },
        });
      }
      if (asked.session === undefined)
        return refuse(asked, 400, { code: -32000, message: "Bad Request: Server not initialized" });
      if (id === undefined) return response.writeHead(202).end();
      streams.set(id, stream(response));
      const { text = "", ms = 0 } = params?.arguments ?? {};
      const result = { tools: [], content: [{ type: "text", text: `echo ${text}` }] };
      return setTimeout(() => {
        streams.get(id)?.end(sse(JSON.stringify({ jsonrpc: "2.0", id, result })));
        streams.delete(id);
      }, ms);
    }),
  );
  await home.run([server.url, "tools-list"]);
  const run = (text: string, ms: number) =>
    home.run([server.url, "tools-call", "echo", `text=${text}`, `ms:=${ms}`]);
  const [first, second] = await Promise.all([run("A", 400), sleep(150).then(() => run("B", 800))]);
  expect(first).toMatchObject({ code: 0, stdout: "echo A\n" });
  expect(second).toMatchObject({ code: 0, stdout: "echo B\n" });
  const ids = server.seen.filter(({ method }) => method === "tools/call").map(({ id }) => id);
  expect(new Set(ids).size).toBe(2);
});

test.each(["application/json", "text/event-stream"])(
  "ids and tokens of ours come back from a server that keeps 32 bits of them, as %s",
  async (type) => {
    const kept = (id: unknown) => (typeof id === "number" ? id % 2 ** 32 : id);
    const server = home.owns(
      await startLegacyServer((asked, response) => {
        if (asked.http === "GET") return response.writeHead(405).end();
        if (asked.session === undefined) return response.writeHead(422).end("expect initialize request");
        const id = kept(asked.id);
        const progressToken = kept(asked.params?._meta?.progressToken);
        const answer = JSON.stringify({ jsonrpc: "2.0", id, result: { tools: [], ...says("hi") } });
        if (type === "application/json") return json(response, answer);
        const params = { progressToken, progress: 1 };
        const progress = JSON.stringify(notification("notifications/progress", params));
        return stream(response).end(sse(progress, answer));
      }),
    );
    expect(await home.run([server.url, "tools-list"])).toMatchObject({ code: 0 });
    const { say, answer, heard } = startBridge(home, [server.url]);
    say(modern(request(1, "tools/call", { name: "x" })));
    expect((await answer(1)).result).toMatchObject(says("hi"));
    say(request(2, "tools/call", { name: "x", _meta: { ...META, progressToken: "mine" } }));
    expect((await answer(2)).result).toMatchObject(says("hi"));
    const tokens = heard.flatMap(({ params }) => (params?.progressToken ? [params.progressToken] : []));
    expect(tokens).toEqual(type === "application/json" ? [] : ["mine"]);
  },
);

test("a server that takes numbers alone for ids is asked under such, where tools are filtered and where it is one of several", async () => {
  const startNumbers = async () =>
    home.owns(
      await startLegacyServer(
        (asked, response) => {
          if (asked.http === "GET") return response.writeHead(405).end();
          return json(response, {
            jsonrpc: "2.0",
            id: asked.id,
            result: { tools: [{ name: "x", inputSchema: { type: "object" } }], ...says("hi") },
          });
        },
        {
          before({ id }, response) {
            if (typeof id !== "string") return false;
            response.writeHead(500).end("TypeError: id must be of type int, string given");
            return true;
          },
        },
      ),
    );
  const filtered = startBridge(home, [(await startNumbers()).url, "--read-only"]);
  filtered.say(initialize("2025-11-25", {}, 0), INITIALIZED, request(1, "tools/call", { name: "x" }));
  expect((await filtered.answer(1)).error.message).toContain("read-only");
  for (const name of ["a", "b"]) await save(home, name, (await startNumbers()).url);
  const several = startBridge(home, ["@a", "@b"]);
  several.say(initialize("2025-11-25", {}, 0), INITIALIZED, request(1, "tools/call", { name: "a_x" }));
  expect((await several.answer(1)).result).toMatchObject(says("hi"));
});
