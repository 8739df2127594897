// What a modern client gets from a legacy server, and what such a server gets to see, one rule at a time.
import { beforeEach, describe, expect, test } from "bun:test";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, event, refuse, reply, says } from "../support/mcp/scripted.ts";
import { until } from "../support/waiting.ts";
import { ask, begin, CLIENT_CAPABILITIES, LOG_LEVEL } from "./begin.ts";
import { INFO, type OldServer, startOldServer } from "./old-server.ts";

const home = homeForEachTest();
let server: OldServer;
beforeEach(async () => {
  server = home.owns(await startOldServer());
});

test("discovery comes from the handshake, unknown members and all", async () => {
  const it = await begin(home, server.url, "modern");
  expect((await it.answer("init")).result).toEqual({
    resultType: "complete",
    supportedVersions: ["2026-07-28"],
    capabilities: server.capabilities as Record<string, unknown>,
    _meta: { "io.modelcontextprotocol/serverInfo": INFO },
    ttlMs: 0,
    cacheScope: "private",
    "example.com/more": 1,
  });
  const [handshake] = server.seen.filter((one) => one.method === "initialize");
  expect(handshake?.params).toMatchObject({
    capabilities: { elicitation: {}, roots: {} },
    clientInfo: { name: "raw" },
  });
  await until(() => server.notified.some(({ method }) => method === "notifications/initialized"));
});

test("the server sees nothing of the modern era, the client all of it", async () => {
  let seen: Asked | undefined;
  server.methods["resources/list"] = (asked) => {
    seen = asked;
    reply(asked, { resources: [], _meta: { a: 1 } });
  };
  server.methods["tools/call"] = (asked) => reply(asked, says("ok"));
  const it = await begin(home, server.url, "modern");
  it.say(ask("l", "resources/list", { cursor: "c" }, { "example.com/m": 1, [LOG_LEVEL]: "info" }));
  expect((await it.answer("l")).result).toEqual({
    resultType: "complete",
    resources: [],
    ttlMs: 0,
    cacheScope: "private",
    _meta: { "io.modelcontextprotocol/serverInfo": INFO, a: 1 },
  });
  expect(seen?.params).toEqual({ cursor: "c", _meta: { "example.com/m": 1 } });
  const names = Object.keys(seen?.request.headers ?? {});
  expect(names.filter((name) => name.startsWith("mcp-")).sort()).toEqual([
    "mcp-protocol-version",
    "mcp-session-id",
  ]);
  expect(seen?.request.headers["mcp-protocol-version"]).toBe("2025-11-25");
  it.say(ask("c", "tools/call", { name: "x" }));
  expect((await it.answer("c")).result).not.toHaveProperty("ttlMs");
});

test("tasks of 2025-11-25 pass through", async () => {
  const task = { taskId: "t-1", status: "working", ttl: 1000, createdAt: "2026-01-01T00:00:00Z" };
  server.methods["tools/call"] = (asked) => reply(asked, { task, seen: asked.params?.task });
  server.methods["tasks/get"] = (asked) => reply(asked, { ...task, taskId: asked.params?.taskId });
  const it = await begin(home, server.url, "modern");
  it.say(
    ask("c", "tools/call", { name: "x", task: { ttl: 1000 } }),
    ask("g", "tasks/get", { taskId: "t-1" }),
  );
  expect((await it.answer("c")).result).toMatchObject({ task, seen: { ttl: 1000 } });
  expect((await it.answer("g")).result).toMatchObject(task);
  if (server.listening) event(server.listening, { method: "notifications/tasks/status", params: task });
  expect((await it.hear(({ method }) => method === "notifications/tasks/status")).params).toEqual(task);
});

describe("errors", () => {
  test("of HTTP keep the server's own words", async () => {
    server.methods["resources/read"] = (asked) =>
      refuse(asked, 404, { code: -32002, message: "gone", data: { uri: "memo://1" } });
    server.methods["tools/call"] = ({ response }) => response.writeHead(500).end("broken");
    const it = await begin(home, server.url, "modern");
    it.say(ask("r", "resources/read", { uri: "memo://1" }), ask("c", "tools/call", { name: "x" }));
    expect((await it.answer("c")).error?.data).toMatchObject({ code: "http_status" });
    // The session was forgotten, for all that a 404 tells: it is opened again, and the call made once more.
    expect((await it.answer("r")).error).toMatchObject({
      code: -32602,
      message: "gone",
      data: { uri: "memo://1" },
    });
  });

  const required = (asked: Asked, status = 200) =>
    refuse(asked, status, {
      code: -32042,
      message: "sign in first",
      data: {
        elicitations: [
          { mode: "url", elicitationId: "e", url: "https://example.com/in", message: "Sign in" },
        ],
      },
    });

  test("that ask for a visit need a client that can pay one", async () => {
    server.methods["tools/call"] = required;
    const it = await begin(home, server.url, "modern");
    it.say(ask("c", "tools/call", { name: "x" }, { [CLIENT_CAPABILITIES]: { elicitation: {} } }));
    expect((await it.answer("c")).error).toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { elicitation: { url: {} } } },
    });
  });

  test.each([200, 400])(
    "that ask for a visit, with %d, become input, and the call is made again",
    async (status) => {
      let calls = 0;
      server.methods["tools/call"] = (asked) =>
        ++calls === 1 ? required(asked, status) : reply(asked, says("in"));
      const offers = { [CLIENT_CAPABILITIES]: { elicitation: { url: {} } } };
      const it = await begin(home, server.url, "modern");
      const params = { name: "x", arguments: { n: 1 } };
      it.say(ask("c", "tools/call", params, offers));
      const wanted = (await it.answer("c")).result ?? {};
      expect(wanted).toMatchObject({ resultType: "input_required" });
      const [[key, question] = ["", {}]] = Object.entries(wanted.inputRequests as object);
      expect(question).toEqual({
        method: "elicitation/create",
        params: { mode: "url", url: "https://example.com/in", message: "Sign in" },
      });
      const retry = {
        ...params,
        requestState: wanted.requestState,
        inputResponses: { [key]: { action: "accept" } },
      };
      it.say(ask("d", "tools/call", retry, offers));
      expect((await it.answer("d")).result).toMatchObject(says("in"));
      expect(server.seen.findLast((one) => one.method === "tools/call")?.params).toEqual(params);

      calls = 0;
      it.say(ask("e", "tools/call", params, offers));
      const again = (await it.answer("e")).result ?? {};
      const declined = {
        ...params,
        requestState: again.requestState,
        inputResponses: { [key]: { action: "decline" } },
      };
      it.say(ask("f", "tools/call", declined, offers));
      expect((await it.answer("f")).error?.message).toContain("sign in first");
      expect(calls).toBe(1);
    },
  );

  test("of a log level that there is not", async () => {
    const it = await begin(home, server.url, "modern");
    it.say(ask("c", "tools/call", { name: "x" }, { [LOG_LEVEL]: "loud" }));
    expect((await it.answer("c")).error).toMatchObject({ code: -32602 });
    expect(server.requests).not.toContain("POST tools/call");
  });

  test("of a state that nobody knows", async () => {
    const it = await begin(home, server.url, "modern");
    it.say(ask("c", "tools/call", { name: "x", requestState: "made up" }));
    expect((await it.answer("c")).error).toMatchObject({ code: -32602 });
    expect(server.requests).not.toContain("POST tools/call");
  });
});
