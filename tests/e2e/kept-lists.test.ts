// What is kept of a server's lists, over processes: a warm call is one request, and a bridge ends what has changed.
import { expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { event, reply, says, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, INITIALIZED, initialize } from "../support/messages.ts";

const inputSchema = { type: "object", properties: { a: { type: "number" } } };
const tools = { tools: [{ name: "add", inputSchema }] };

test(
  "a warm call is one request, of a modern server and of a legacy one",
  inHome(async (home) => {
    const modern = home.owns(await startModernServer());
    modern.methods["tools/list"] = (asked) =>
      reply(asked, { resultType: "complete", ttlMs: 60_000, ...tools });
    const legacy = home.owns(
      await startLegacyServer((asked) => reply(asked, asked.method === "tools/list" ? tools : says("hi"))),
    );
    for (const server of [modern, legacy]) {
      await home.run([server.url, "tools-call", "add", "a=1"]);
      const before = server.requests.length;
      await home.run([server.url, "tools-call", "add", "a=2"]);
      expect(server.requests.slice(before)).toEqual(["POST tools/call"]);
      expect(server.seen.at(-1)?.params.arguments).toEqual({ a: 2 });
    }
  }),
  30_000,
);

test(
  "a list that changes under a bridge is asked for anew by the next command",
  inHome(async (home) => {
    const server = home.owns(
      await startLegacyServer((asked, response) => {
        if (asked.http === "GET") return response.writeHead(405).end();
        if (asked.method === "tools/list") return reply(asked, tools);
        if (asked.params?.name !== "change") return reply(asked, says("hi"));
        stream(response);
        event(response, { method: "notifications/tools/list_changed" });
        event(response, { id: asked.id, result: says("changed") });
        return response.end();
      }),
    );
    const add = () => home.run([server.url, "tools-call", "add", "a=1"]);
    await add();
    await add();
    expect(server.count("tools/list")).toBe(1);
    const bridge = startBridge(home, [server.url]);
    bridge.say(initialize(), INITIALIZED, call(1, "change"));
    await bridge.answer(1);
    await bridge.end();
    await add();
    expect(server.count("tools/list")).toBe(2);
  }),
  30_000,
);
