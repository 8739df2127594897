// Rules of 2026-07-28 that the servers of the SDKs never put to the test.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { event, says, stream } from "../support/mcp/scripted.ts";
import { complete } from "../support/mcp/scripted-modern.ts";
import { cancelled, DISCOVER, META, notification, request } from "../support/messages.ts";
import { until } from "../support/waiting.ts";
import { begin, modernServerForEachTest } from "./begin.ts";

const { home, server } = modernServerForEachTest();
const call = (id: string, params: object, extra: object = {}) =>
  request(id, "tools/call", { ...params, ...extra });

describe("cancellation", () => {
  for (const client of ["legacy", "modern"] as const)
    test(`closes the stream and sends nothing, for a ${client} client`, async () => {
      let closed = false;
      server.methods["tools/call"] = (asked) => {
        stream(asked.response);
        event(asked.response, {
          method: "notifications/progress",
          params: { progressToken: 1, progress: 1 },
        });
        asked.response.on("close", () => {
          closed = true;
        });
      };
      const it = await begin(home, server.url, client);
      it.say(call("call", { name: "x" }, client === "modern" ? { _meta: META } : {}));
      await it.hear(({ method }) => method === "notifications/progress");
      it.say({
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId: "call", reason: "enough" },
      });
      await until(() => closed);
      expect(server.requests).not.toContain("POST notifications/cancelled");
      expect(it.heard.some(({ id, method }) => id === "call" && !method)).toBe(false);
    });
});

test.each(["legacy", "modern"] as const)(
  "what was answered is not cancelled, for a %s client",
  async (client) => {
    server.methods["tools/call"] = (asked) => complete(asked, says("ok"));
    const it = await begin(home, server.url, client);
    const meta = client === "modern" ? { _meta: META } : {};
    it.say(call("call", { name: "x" }, meta));
    await it.answer("call");
    it.say(cancelled("call"), notification("example.com/later", meta));
    await until(() => server.requests.includes("POST example.com/later"));
    expect(server.requests).not.toContain("POST notifications/cancelled");
  },
);

test("a notification that comes before the first request is not lost", async () => {
  const run = startBridge(home, [server.url]);
  run.say({ jsonrpc: "2.0", method: "example.com/early", params: { _meta: META } }, DISCOVER);
  await run.answer("init");
  await until(() => server.requests.includes("POST example.com/early"));
});

test("a first call that is cancelled while the server's era is being found is never made", async () => {
  const discover = server.methods["server/discover"];
  server.methods["server/discover"] = (asked) => setTimeout(() => discover?.(asked), 300);
  const run = startBridge(home, [server.url]);
  run.say(call("call", { name: "x" }, { _meta: META }));
  await until(() => server.requests.includes("POST server/discover"));
  run.say(cancelled("call"));
  run.say(request("list", "tools/list", { _meta: META }));
  await run.answer("list");
  expect(server.requests).not.toContain("POST tools/call");
});

describe("results", () => {
  test("lose what a legacy client does not know, and nothing else", async () => {
    server.methods["resources/list"] = (asked) =>
      complete(asked, {
        resources: [],
        ttlMs: 1000,
        cacheScope: "public",
        nextCursor: "n",
        "example.com/x": 1,
        _meta: { a: 1 },
      });
    server.methods["example.com/task"] = (asked) => complete(asked, { resultType: "task", taskId: "t" });
    server.methods["server/discover"] = (asked) =>
      complete(asked, {
        supportedVersions: ["2026-07-28"],
        capabilities: { extensions: { "example.com/x": {} } },
        ttlMs: 1,
        cacheScope: "public",
        "example.com/more": [1],
        _meta: { "io.modelcontextprotocol/serverInfo": { name: "n", version: "v" }, "example.com/m": 1 },
      });
    const it = await begin(home, server.url, "legacy");
    expect((await it.answer("init")).result).toEqual({
      protocolVersion: "2025-11-25",
      capabilities: { extensions: { "example.com/x": {} } },
      serverInfo: { name: "n", version: "v" },
      "example.com/more": [1],
      _meta: { "example.com/m": 1 },
    });
    it.say(request("l", "resources/list"));
    expect((await it.answer("l")).result).toEqual({
      resources: [],
      nextCursor: "n",
      "example.com/x": 1,
      _meta: { a: 1 },
    });
    it.say({ jsonrpc: "2.0", id: "t", method: "example.com/task", params: {} });
    expect((await it.answer("t")).result).toEqual({ resultType: "task", taskId: "t" });
  });
});
