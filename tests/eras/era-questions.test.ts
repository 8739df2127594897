// A question that comes before the handshake is refused by servers in many ways, and so is a version; one bad moment says
// nothing of an era at all; and an old server may answer a POST with its stream.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import {
  type Asked,
  json,
  refuse,
  reply,
  type Script,
  says,
  serveScript,
  sse,
  stream,
} from "../support/mcp/scripted.ts";
import { legacy, startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { complete, startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, INITIALIZED, initialize, request } from "../support/messages.ts";

const status =
  (code: number, body = "", type = "text/plain") =>
  ({ response }: Asked) =>
    response.writeHead(code, { "content-type": type }).end(body);
const empty = (asked: Asked) => {
  const list = { "tools/list": { tools: [] }, "prompts/list": { prompts: [] } }[asked.method];
  return reply(asked, list ?? says("hi"));
};

describe("a server that refuses what comes outside a session is used all the same:", () => {
  for (const [what, say] of [
    ["401 to all but the handshake", status(401)],
    ["403 in text", status(403, "Forbidden")],
    ["404 in text", status(404, "nope")],
    ["415", status(415)],
    ["422 in text", status(422, "Unexpected message, expect initialize request")],
    ["429", status(429)],
    ["500", status(500, "boom")],
    ["503", status(503)],
    ["202", status(202)],
    ["204", ({ response }) => response.writeHead(204).end()],
    ["200 with nothing", status(200, "", "application/json")],
    ["200 with a page", status(200, "<html>", "text/html")],
    ["200 with what is no JSON-RPC", status(200, "{}", "application/json")],
    ["400, -32602", (asked) => refuse(asked, 400, { code: -32602, message: "Invalid params" })],
    ["200, -32000", (asked) => refuse(asked, 200, { code: -32000, message: "session required" })],
    ["500, -32603", (asked) => refuse(asked, 500, { code: -32603, message: "Internal error" })],
  ] as [string, (asked: Asked) => unknown][])
    test.concurrent(
      what,
      inHome(async (home) => {
        const make = async () =>
          home.owns(
            await startLegacyServer(
              (asked, response) => (asked.http === "GET" ? response.writeHead(405).end() : empty(asked)),
              {
                before(asked) {
                  const isOutside =
                    asked.http === "POST" && asked.method !== "initialize" && asked.session === undefined;
                  if (isOutside) say(asked);
                  return isOutside;
                },
              },
            ),
          );
        for (const verb of [["show"], ["ping"], ["prompts-list"], ["tools-call", "echo"]])
          expect(await home.run([(await make()).url, ...verb])).toMatchObject({ code: 0 });
        const bridge = startBridge(home, [(await make()).url]);
        bridge.say(initialize(), INITIALIZED, call(1));
        expect((await bridge.answer(1)).result).toEqual(says("hi"));
      }),
      60_000,
    );
});

describe("a server that refuses a version in its own words is asked for another:", () => {
  const error = (code: number, message: string, http: number, data?: object) => (asked: Asked) =>
    refuse(asked, http, { code, message, ...(data ? { data } : {}) });
  for (const [what, say] of [
    [
      "400, named in words",
      error(
        -32000,
        "Bad Request: Unsupported protocol version (supported versions: 2025-06-18, 2025-03-26, 2024-11-05)",
        400,
      ),
    ],
    ["200, named in words", error(-32602, "Unsupported protocol version: expected 2025-06-18", 200)],
    ["200, in data.expected", error(-32602, "Unsupported protocol version", 200, { expected: "2025-06-18" })],
    [
      "200, in data.supportedVersions",
      error(-32602, "Unsupported protocolVersion 2025-11-25", 200, {
        supportedVersions: ["2025-06-18", "2025-03-26"],
      }),
    ],
    ["200, in words that name none", error(-32602, "Unsupported protocol version", 200)],
    ["400, in words that name none", error(-32600, "Invalid protocol version", 400)],
  ] as const)
    test.concurrent(
      what,
      inHome(async (home) => {
        const make = async () =>
          home.owns(
            await startLegacyServer(
              (asked, response) => (asked.http === "GET" ? response.writeHead(405).end() : empty(asked)),
              {
                handshake: { protocolVersion: "2025-06-18" },
                before(asked) {
                  const isOther =
                    asked.method === "initialize" && asked.params.protocolVersion !== "2025-06-18";
                  const isOutside =
                    asked.method !== "initialize" && asked.http === "POST" && asked.session === undefined;
                  if (isOther) say(asked);
                  else if (isOutside) refuse(asked, 400, { code: -32000, message: "Server not initialized" });
                  return isOther || isOutside;
                },
              },
            ),
          );
        expect(await home.run([(await make()).url, "tools-list", "--protocol", "2025-06-18"])).toMatchObject({
          code: 0,
        });
        const server = await make();
        expect(await home.run([server.url, "tools-call", "echo"])).toMatchObject({ code: 0, stdout: "hi\n" });
        // What was agreed holds for the next command.
        const before = server.count("initialize");
        expect(await home.run([server.url, "tools-list"])).toMatchObject({ code: 0 });
        expect(server.count("initialize")).toBe(before);
      }),
      60_000,
    );
});

describe("one bad moment in the midst of good calls is that call's alone:", () => {
  const sessionless = (script: Script) => serveScript(legacy(script, { sessions: false }));
  const modern = async (script: Script) => {
    const server = await startModernServer();
    server.methods["tools/call"] = (asked) => script(asked, asked.response, asked.request);
    return server;
  };
  for (const [kind, make] of [
    ["legacy", (script: Script) => startLegacyServer(script)],
    ["without a session", sessionless],
    ["modern", modern],
  ] as const)
    test.concurrent(
      kind,
      inHome(async (home) => {
        let say: ((asked: Asked) => unknown) | undefined;
        const server = home.owns(
          await make((asked, response) => {
            if (asked.http === "GET") return response.writeHead(405).end();
            if (say) return say(asked);
            return kind === "modern" ? complete(asked, says("hi")) : empty(asked);
          }),
        );
        const bridge = startBridge(home, [server.url]);
        bridge.say(initialize(), INITIALIZED, call("first"));
        expect((await bridge.answer("first")).result).toMatchObject(says("hi"));
        for (const [what, bad] of [
          ["404", status(404, "404 page not found\n")],
          ["405", status(405)],
          ["400", status(400, "<html>", "text/html")],
          ["200", status(200, "<html>", "text/html")],
          ["502", status(502, "Bad Gateway")],
          ["503", status(503)],
          ["cut", ({ response }: Asked) => response.destroy()],
        ] as const) {
          say = bad;
          bridge.say(call(`bad ${what}`));
          expect((await bridge.answer(`bad ${what}`)).error).toBeDefined();
          say = undefined;
          bridge.say(call(`after ${what}`));
          expect((await bridge.answer(`after ${what}`)).result).toMatchObject(says("hi"));
        }
      }),
      60_000,
    );
});

test.concurrent(
  "a server whose old address opens its stream for a POST too is used as what it is, at once",
  inHome(async (home) => {
    let opened = 0;
    const streams = new Map<string, Asked["response"]>();
    const server = home.owns(
      await serveScript((asked, response, { url = "" }) => {
        const id = new URL(url, "http://x").searchParams.get("id");
        if (id === null) {
          streams.set(`${++opened}`, response);
          const mine = `${opened}`;
          response.on("close", () => streams.delete(mine));
          return stream(response).write(`event: endpoint\ndata: /message?id=${opened}\n\n`);
        }
        const to = streams.get(id);
        if (!to) return json(response, "SSE transport not established", 503);
        response.writeHead(202).end("Accepted");
        const result = {
          protocolVersion: "2024-11-05",
          capabilities: {},
          serverInfo: { name: "old", version: "1" },
          tools: [],
          ...says("hi"),
        };
        if (asked.id !== undefined) to.write(sse(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result })));
      }),
    );
    const startedMs = performance.now();
    const bridge = startBridge(home, [server.url]);
    bridge.say(initialize(), INITIALIZED, call(1), request("r", "resources/list"));
    expect((await bridge.answer(1)).result).toMatchObject(says("hi"));
    expect(performance.now() - startedMs).toBeLessThan(4000);
    expect(streams.size).toBe(1);
    await bridge.stop();
    for (const args of [["tools-call", "echo"], ["show"], ["tools-list", "--protocol", "2024-11-05"]])
      expect(
        await home.run([server.url, ...args], { env: { M2MCP_HOME: `${home.folder}/${args[0]}` } }),
      ).toMatchObject({ code: 0 });
  }),
  60_000,
);
