// What servers' serializers and frameworks make of an answer: hosts are strict, so they get JSON-RPC 2.0, and to the letter
// what came right.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { type Home, homeForEachTest, inHome } from "../support/home.ts";
import { json, says, serveScript, sse, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, INITIALIZED, initialize, lines } from "../support/messages.ts";

const home = homeForEachTest();
const OK = { resultType: "complete", ...says("hi") };
const NO = { code: -32000, message: "no" };

/** How an answer is written. */
const WRITES: Record<string, (id: unknown) => unknown> = {
  "error: null": (id) => ({ jsonrpc: "2.0", id, result: OK, error: null }),
  "an empty error": (id) => ({ jsonrpc: "2.0", id, result: OK, error: { code: 0, message: "" } }),
  "result: null": (id) => ({ jsonrpc: "2.0", id, result: null, error: NO }),
  "method and params null": (id) => ({ jsonrpc: "2.0", id, method: null, params: null, result: OK }),
  "its method": (id) => ({ jsonrpc: "2.0", id, method: "tools/call", result: OK }),
  "no jsonrpc": (id) => ({ id, result: OK }),
  "jsonrpc as a number": (id) => ({ jsonrpc: 2.0, id, result: OK }),
  "alone in an array": (id) => [{ jsonrpc: "2.0", id, result: OK }],
  "a code in text": (id) => ({ jsonrpc: "2.0", id, error: { code: "-32000", message: "no" } }),
  "a broken code": (id) => ({ jsonrpc: "2.0", id, error: { code: 1.5, message: "no" } }),
  "too large a code": (id) => ({ jsonrpc: "2.0", id, error: { code: 1e300, message: "no" } }),
  "an error in text": (id) => ({ jsonrpc: "2.0", id, error: "no" }),
  "its id in text": (id) => ({ jsonrpc: "2.0", id: `${id}`, result: OK }),
};

for (const [over, write] of [
  ["JSON", (response: Parameters<typeof stream>[0], text: string) => json(response, text)],
  ["SSE", (response: Parameters<typeof stream>[0], text: string) => stream(response).end(sse(text))],
] as const)
  for (const [era, make] of [
    ["legacy", (home: Home) => legacyServer(home, write)],
    ["modern", (home: Home) => modernServer(home, write)],
  ] as const)
    test(`answers in ${over} of a ${era} server reach the host as JSON-RPC 2.0, however they were written`, async () => {
      const { say, answer } = startBridge(home, [(await make(home)).url]);
      say(initialize(), INITIALIZED);
      await answer("init");
      const names = Object.keys(WRITES);
      for (const [id, name] of names.entries()) say(call(id, name));
      for (const [id, name] of names.entries()) {
        const said = await answer(id);
        const isRefused = /result: null|code|in text$/.test(name) && name !== "its id in text";
        expect({ name, members: Object.keys(said).sort() }).toEqual({
          name,
          members: isRefused ? ["error", "id", "jsonrpc"] : ["id", "jsonrpc", "result"],
        });
        expect(said).toMatchObject({
          jsonrpc: "2.0",
          id,
          ...(isRefused ? { error: { code: expect.any(Number), message: "no" } } : { result: says("hi") }),
        });
      }
    });

type Write = (response: Parameters<typeof stream>[0], text: string) => unknown;
const legacyServer = async (home: Home, write: Write) =>
  home.owns(
    await startLegacyServer(({ http, id, params }, response) => {
      if (http === "GET") return response.writeHead(405).end();
      return write(response, JSON.stringify(WRITES[params.name]?.(id)));
    }),
  );
async function modernServer(home: Home, write: Write) {
  const server = home.owns(await startModernServer());
  server.methods["tools/call"] = ({ id, params, response }) =>
    write(response, JSON.stringify(WRITES[params.name]?.(id)));
  return server;
}

describe("an answer whose type is missing or general is judged by itself:", () => {
  for (const type of [
    undefined,
    "",
    "text/plain; charset=utf-8",
    "text/json",
    "application/json-rpc",
    "application/vnd.api+json",
    "application/octet-stream",
    "Application/JSON; Charset=UTF-8",
    "application/json, application/json",
    "text/event-stream",
  ])
    test.concurrent(
      `${type ?? "none"}`,
      inHome(async (home) => {
        const server = home.owns(
          await startLegacyServer(
            ({ http, id }, response) => {
              if (http === "GET") return response.writeHead(405).end();
              return response
                .writeHead(200, type === undefined ? {} : { "content-type": type })
                .end(JSON.stringify({ jsonrpc: "2.0", id, result: says("hi") }));
            },
            {
              before({ method }, response) {
                if (method !== INITIALIZED.method) return false;
                response.writeHead(202, { "content-type": "text/plain" }).end("Accepted");
                return true;
              },
            },
          ),
        );
        const { say, answer } = startBridge(home, [server.url]);
        say(initialize(), INITIALIZED, call(1));
        expect((await answer(1)).result).toEqual(says("hi"));
      }),
      20_000,
    );
});

test("events that are called JSON are read as events", async () => {
  const server = home.owns(
    await startLegacyServer(({ http, id }, response) => {
      if (http === "GET") return response.writeHead(405).end();
      const answer = JSON.stringify({ jsonrpc: "2.0", id, result: says("hi") });
      return response
        .writeHead(200, { "content-type": "application/json" })
        .end(`event: message\ndata: ${answer}\n\n`);
    }),
  );
  const { say, answer } = startBridge(home, [server.url]);
  say(initialize(), INITIALIZED, call(1));
  expect((await answer(1)).result).toEqual(says("hi"));
});

test("a result that is no object, which hosts would drop and wait on, is an error", async () => {
  const results: unknown[] = ["text", ["a"], 5, true];
  const server = home.owns(
    await startLegacyServer(({ http, id, params }, response) => {
      if (http === "GET") return response.writeHead(405).end();
      return json(response, { jsonrpc: "2.0", id, result: results[Number(params.name)] });
    }),
  );
  const { say, answer } = startBridge(home, [server.url]);
  say(initialize(), INITIALIZED, ...results.map((_, at) => call(at, `${at}`)));
  for (const at of results.keys()) expect((await answer(at)).error.data.code).toBe("invalid_answer");
});

test("an id of 0, which a serializer may take for none, comes back all the same", async () => {
  const server = home.owns(
    await serveScript(({ http, id, method }, response) => {
      if (http !== "POST" || id === undefined) return response.writeHead(http === "POST" ? 202 : 405).end();
      const result =
        method === "initialize"
          ? { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "go", version: "1" } }
          : says("hi");
      return json(response, { jsonrpc: "2.0", ...(id === 0 ? {} : { id }), result });
    }),
  );
  const { say, answer } = startBridge(home, [server.url]);
  say(initialize("2025-11-25", {}, 0), INITIALIZED);
  expect((await answer(0)).result.serverInfo.name).toBe("go");
  say(call(1));
  expect((await answer(1)).result).toEqual(says("hi"));
});

test("what came right is passed on to the letter, alone and in a batch", async () => {
  const raw = (id: number) =>
    `{"jsonrpc":"2.0", "id":${id},"result":{"n":1.50,"big":12345678901234567890,"content":[]}}`;
  const server = home.owns(
    await startLegacyServer(({ http, id, text }, response) => {
      if (http === "GET") return response.writeHead(405).end();
      return json(response, text.includes('"batched"') ? `[ ${raw(id)} ]` : raw(id));
    }),
  );
  const { stdout } = await home.run(["bridge", server.url], {
    input: lines(initialize(), call(1), call(2, "batched"), [call(3), call(4)]),
  });
  const written = stdout.split("\n");
  expect(written).toContain(raw(1));
  expect(written).toContain(raw(2));
  const batch = written.find((line) => line.startsWith("["));
  for (const id of [3, 4]) expect(batch).toContain(raw(id));
});
