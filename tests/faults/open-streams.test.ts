// An answer ends its request, whatever the server does with the stream that brought it.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { type Asked, says, sse, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, DISCOVER, INITIALIZED, initialize, modern as inModern, request } from "../support/messages.ts";
import { sleep } from "../support/waiting.ts";

/** Answers over SSE and leaves the stream open. */
const open = ({ id, response }: Asked, result: object, headers: Record<string, string> = {}) => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  return stream(response).write(sse(JSON.stringify({ jsonrpc: "2.0", id, result })));
};
const HANDSHAKE = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: {} },
  serverInfo: { name: "open", version: "1" },
};
const TOOLS = { tools: [{ name: "echo", inputSchema: { type: "object" } }] };

/** A legacy server all of whose answers, the handshake's too, leave their streams open. */
const legacyServer = () =>
  startLegacyServer(
    (asked, response) => {
      if (asked.http === "GET") return response.writeHead(405).end();
      return open(asked, asked.method === "tools/list" ? TOOLS : says("hi"));
    },
    {
      before(asked) {
        if (asked.method !== "initialize") return false;
        open(asked, HANDSHAKE, { "mcp-session-id": "s1" });
        return true;
      },
    },
  );
const modernServer = async () => {
  const server = await startModernServer();
  server.methods["tools/list"] = (asked) => open(asked, { resultType: "complete", ...TOOLS });
  server.methods["tools/call"] = (asked) => open(asked, { resultType: "complete", ...says("hi") });
  return server;
};

describe("a server that leaves its streams open behind its answers holds up nothing:", () => {
  for (const [era, make] of [
    ["legacy", legacyServer],
    ["modern", modernServer],
  ] as const) {
    const begin = era === "legacy" ? [initialize(), INITIALIZED] : [DISCOVER];
    const inEra = (message: object) => (era === "legacy" ? message : inModern(message));

    test.concurrent(
      `the first list of a bridge, and a command, at a ${era} one`,
      inHome(async (home) => {
        const server = home.owns(await make());
        const bridge = startBridge(home, [server.url]);
        bridge.say(...begin);
        await bridge.answer("init");
        let startedMs = performance.now();
        bridge.say(inEra(request("list", "tools/list")));
        expect((await bridge.answer("list")).result.tools).toHaveLength(1);
        expect(performance.now() - startedMs).toBeLessThan(1900);
        startedMs = performance.now();
        expect(await home.run([server.url, "tools-call", "echo"])).toMatchObject({ code: 0, stdout: "hi\n" });
        expect(performance.now() - startedMs).toBeLessThan(1900);
        // The bridge ends with its input, too.
        expect(await bridge.end()).toBe(0);
      }),
      30_000,
    );

    test.concurrent(
      `a thousand calls at a ${era} one, which keep few connections`,
      inHome(async (home) => {
        const server = home.owns(await make());
        const bridge = startBridge(home, [server.url]);
        bridge.say(...begin);
        await bridge.answer("init");
        const startedMs = performance.now();
        for (let id = 0; id < 1000; id++) bridge.say(inEra(call(id, "echo")));
        await bridge.hear(({ id }) => id === 999, 20_000);
        for (let id = 0; id < 1000; id++) await bridge.answer(id);
        // Where each held its place for two seconds, it would be ten.
        expect(performance.now() - startedMs).toBeLessThan(8000);
        const left = () =>
          server.seen.filter(
            ({ method, response }) =>
              method === "tools/call" && !response.destroyed && !response.writableEnded,
          ).length;
        await sleep(300);
        expect(left()).toBeLessThanOrEqual(12);
        await sleep(2500);
        expect(left()).toBe(0);
      }),
      60_000,
    );
  }
});
