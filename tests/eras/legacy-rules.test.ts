// What a modern client gets from a legacy server, and what such a server gets to see, one rule at a time.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Run, start } from "../support/bridge.ts";
import { createHome, type Home } from "../support/home.ts";
import { type Body, type Front, refuse, startFront } from "../support/mcp/front.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { INITIALIZED, initialize, META } from "../support/messages.ts";
import { json } from "../support/net/json.ts";
import { sleep, until } from "../support/waiting.ts";

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  body: NonNullable<Body> & { result?: Record<string, unknown>; error?: { code: number } };
}

const INFO = { name: "old", version: "1" };

let home: Home;
let front: Front;
let run: Run | undefined;
let methods: Record<string, (exchange: Exchange) => void>;
let capabilities: object;
/** What the client answered to the server's questions. */
let answers: Exchange["body"][];
let notified: Exchange["body"][];
/** The GET stream. */
let listening: ServerResponse | undefined;

const result = ({ response, body }: Exchange, value: object) =>
  json(response, 200, { jsonrpc: "2.0", id: body.id, result: value });
const event = (response: ServerResponse, message: object) =>
  response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
const stream = ({ response }: Exchange) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
};
const say = (text: string) => ({ content: [{ type: "text", text }] });
const LEVEL = "io.modelcontextprotocol/logLevel";
const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";

const asked = (id: string, method: string, params: object = {}, meta: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method,
  params: { ...params, _meta: { ...META, [CAPABILITIES]: { elicitation: {}, roots: {} }, ...meta } },
});

beforeEach(async () => {
  home = createHome();
  answers = [];
  notified = [];
  listening = undefined;
  capabilities = { tools: {}, resources: { subscribe: true }, prompts: { listChanged: true }, logging: {} };
  methods = {
    initialize: (exchange) => {
      exchange.response.setHeader("mcp-session-id", "s-1");
      result(exchange, {
        protocolVersion: "2025-11-25",
        capabilities,
        serverInfo: INFO,
        "example.com/more": 1,
      });
    },
  };
  front = await startFront((request, response, body) => {
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      listening = response;
      return;
    }
    if (request.method === "DELETE") return void response.writeHead(200).end();
    if (!body) return void response.writeHead(400).end();
    if (body.method !== "initialize" && request.headers["mcp-session-id"] !== "s-1")
      return refuse(response, body, 400, { code: -32000, message: "no session" });
    if (body.method === undefined) answers.push(body);
    else if (body.id === undefined) notified.push(body);
    else {
      const answer = methods[body.method] ?? ((exchange: Exchange) => result(exchange, {}));
      return answer({ request, response, body });
    }
    response.writeHead(202).end();
  });
});
afterEach(async () => {
  await run?.end();
  run = undefined;
  home.remove();
  await front.stop();
});

async function began(): Promise<Run> {
  run = start(home, [front.url, "--timeout", "10"]);
  run.write(asked("init", "server/discover"));
  expect((await run.answer("init")).error).toBeUndefined();
  return run;
}

test("discovery comes from the handshake, unknown members and all", async () => {
  const it = await began();
  expect((await it.answer("init")).result).toEqual({
    resultType: "complete",
    supportedVersions: ["2026-07-28"],
    capabilities: capabilities as Record<string, unknown>,
    _meta: { "io.modelcontextprotocol/serverInfo": INFO },
    ttlMs: 0,
    cacheScope: "private",
    "example.com/more": 1,
  });
  const [handshake] = front.bodies.filter((body) => body?.method === "initialize");
  expect(handshake?.params).toMatchObject({
    capabilities: { elicitation: {}, roots: {} },
    clientInfo: { name: "raw" },
  });
  await until(() => notified.some(({ method }) => method === "notifications/initialized"));
});

test("the server sees nothing of the modern era, the client all of it", async () => {
  let seen: Exchange | undefined;
  methods["resources/list"] = (exchange) => {
    seen = exchange;
    result(exchange, { resources: [], _meta: { a: 1 } });
  };
  methods["tools/call"] = (exchange) => result(exchange, say("ok"));
  const it = await began();
  it.write(asked("l", "resources/list", { cursor: "c" }, { "example.com/m": 1, [LEVEL]: "info" }));
  expect((await it.answer("l")).result).toEqual({
    resultType: "complete",
    resources: [],
    ttlMs: 0,
    cacheScope: "private",
    _meta: { "io.modelcontextprotocol/serverInfo": INFO, a: 1 },
  });
  expect(seen?.body.params).toEqual({ cursor: "c", _meta: { "example.com/m": 1 } });
  const names = Object.keys(seen?.request.headers ?? {});
  expect(names.filter((name) => name.startsWith("mcp-")).sort()).toEqual([
    "mcp-protocol-version",
    "mcp-session-id",
  ]);
  expect(seen?.request.headers["mcp-protocol-version"]).toBe("2025-11-25");
  it.write(asked("c", "tools/call", { name: "x" }));
  expect((await it.answer("c")).result).not.toHaveProperty("ttlMs");
});

test("tasks of 2025-11-25 pass through", async () => {
  const task = { taskId: "t-1", status: "working", ttl: 1000, createdAt: "2026-01-01T00:00:00Z" };
  methods["tools/call"] = (exchange) => result(exchange, { task, seen: exchange.body.params?.task });
  methods["tasks/get"] = (exchange) => result(exchange, { ...task, taskId: exchange.body.params?.taskId });
  const it = await began();
  it.write(
    asked("c", "tools/call", { name: "x", task: { ttl: 1000 } }),
    asked("g", "tasks/get", { taskId: "t-1" }),
  );
  expect((await it.answer("c")).result).toMatchObject({ task, seen: { ttl: 1000 } });
  expect((await it.answer("g")).result).toMatchObject(task);
  if (listening) event(listening, { method: "notifications/tasks/status", params: task });
  expect((await it.line(({ method }) => method === "notifications/tasks/status")).params).toEqual(task);
});

describe("errors", () => {
  test("of HTTP keep the server's own words", async () => {
    methods["resources/read"] = ({ response, body }) =>
      refuse(response, body, 404, { code: -32002, message: "gone", data: { uri: "memo://1" } });
    methods["tools/call"] = ({ response }) => response.writeHead(500).end("broken");
    const it = await began();
    it.write(asked("r", "resources/read", { uri: "memo://1" }), asked("c", "tools/call", { name: "x" }));
    expect((await it.answer("c")).error?.data).toMatchObject({ code: "http_status" });
    // The session was forgotten, for all that a 404 tells: it is opened again, and the call made once more.
    expect((await it.answer("r")).error).toMatchObject({
      code: -32602,
      message: "gone",
      data: { uri: "memo://1" },
    });
  });

  const required = (exchange: Exchange) =>
    refuse(exchange.response, exchange.body, 200, {
      code: -32042,
      message: "sign in first",
      data: {
        elicitations: [
          { mode: "url", elicitationId: "e", url: "https://example.com/in", message: "Sign in" },
        ],
      },
    });

  test("that ask for a visit need a client that can pay one", async () => {
    methods["tools/call"] = required;
    const it = await began();
    it.write(asked("c", "tools/call", { name: "x" }, { [CAPABILITIES]: { elicitation: {} } }));
    expect((await it.answer("c")).error).toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { elicitation: { url: {} } } },
    });
  });

  test("that ask for a visit become input, and the call is made again", async () => {
    let calls = 0;
    methods["tools/call"] = (exchange) => (++calls === 1 ? required(exchange) : result(exchange, say("in")));
    const offers = { [CAPABILITIES]: { elicitation: { url: {} } } };
    const it = await began();
    const params = { name: "x", arguments: { n: 1 } };
    it.write(asked("c", "tools/call", params, offers));
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
    it.write(asked("d", "tools/call", retry, offers));
    expect((await it.answer("d")).result).toMatchObject(say("in"));
    expect(front.bodies.findLast((body) => body?.method === "tools/call")?.params).toEqual(params);

    calls = 0;
    it.write(asked("e", "tools/call", params, offers));
    const again = (await it.answer("e")).result ?? {};
    const declined = {
      ...params,
      requestState: again.requestState,
      inputResponses: { [key]: { action: "decline" } },
    };
    it.write(asked("f", "tools/call", declined, offers));
    expect((await it.answer("f")).error?.message).toContain("sign in first");
    expect(calls).toBe(1);
  });

  test("of a log level that there is not", async () => {
    const it = await began();
    it.write(asked("c", "tools/call", { name: "x" }, { [LEVEL]: "loud" }));
    expect((await it.answer("c")).error).toMatchObject({ code: -32602 });
    expect(front.requests).not.toContain("POST tools/call");
  });

  test("of a state that nobody knows", async () => {
    const it = await began();
    it.write(asked("c", "tools/call", { name: "x", requestState: "made up" }));
    expect((await it.answer("c")).error).toMatchObject({ code: -32602 });
    expect(front.requests).not.toContain("POST tools/call");
  });
});

describe("questions of the server's", () => {
  const form = { message: "?", requestedSchema: { type: "object", properties: {} } };

  test("go with the call in whose answer they come", async () => {
    const calls = new Map<unknown, Exchange>();
    methods["tools/call"] = (exchange) => {
      stream(exchange);
      calls.set(exchange.body.params?.name, exchange);
    };
    const it = await began();
    for (const name of ["a", "b", "c"]) it.write(asked(name, "tools/call", { name }));
    await until(() => calls.size === 3);
    const a = calls.get("a");
    if (a) event(a.response, { id: 77, method: "roots/list" });
    const wanted = (await it.answer("a")).result ?? {};
    expect(wanted.inputRequests).toEqual({ "77": { method: "roots/list", params: {} } });
    const inputResponses = { "77": { roots: [] } };
    it.write(asked("a2", "tools/call", { name: "a", requestState: wanted.requestState, inputResponses }));
    await until(() => answers.length === 1);
    expect(answers[0]).toMatchObject({ id: 77, result: { roots: [] } });
    for (const { response, body } of calls.values()) {
      event(response, { id: body.id, result: say(String(body.params?.name)) });
      response.end();
    }
    expect((await it.answer("a2")).result).toMatchObject(say("a"));
    expect((await it.answer("b")).result).toMatchObject(say("b"));
  });

  test("left unanswered are asked again; the answer that came meanwhile waits for the retry", async () => {
    let call: Exchange | undefined;
    methods["tools/call"] = (exchange) => {
      call = exchange;
      stream(exchange);
      event(exchange.response, { id: "q1", method: "roots/list" });
      event(exchange.response, { id: "q2", method: "elicitation/create", params: form });
    };
    const it = await began();
    it.write(asked("a", "tools/call", { name: "x" }));
    const first = (await it.answer("a")).result ?? {};
    expect(Object.keys(first.inputRequests as object).sort()).toEqual(["q1", "q2"]);
    const retry = (id: string, requestState: unknown, inputResponses: object) =>
      it.write(asked(id, "tools/call", { name: "x", requestState, inputResponses }));
    retry("b", first.requestState, { q1: { roots: [] } });
    const second = (await it.answer("b")).result ?? {};
    expect(Object.keys(second.inputRequests as object)).toEqual(["q2"]);
    if (call) event(call.response, { id: call.body.id, result: say("early") });
    call?.response.end();
    await sleep(200);
    retry("c", second.requestState, { q2: { action: "cancel" } });
    expect((await it.answer("c")).result).toMatchObject(say("early"));
    expect(answers.map(({ id }) => String(id))).toEqual(["q1", "q2"]);
  });

  test("that the client does not offer, or that no call carries, are refused as a client would", async () => {
    let call: Exchange | undefined;
    methods["tools/call"] = (exchange) => {
      call = exchange;
      stream(exchange);
      event(exchange.response, { id: 1, method: "sampling/createMessage", params: {} });
      event(exchange.response, {
        id: 2,
        method: "elicitation/create",
        params: { mode: "url", url: "https://x" },
      });
      event(exchange.response, { id: 3, method: "ping" });
      event(exchange.response, { id: 4, method: "example.com/ask" });
    };
    const it = await began();
    await until(() => listening !== undefined);
    if (listening) event(listening, { id: 5, method: "roots/list" });
    await until(() => answers.length === 1);
    it.write(asked("a", "tools/call", { name: "x" }));
    await until(() => answers.length === 5);
    const codes = Object.fromEntries(answers.map(({ id, error }) => [id, error?.code ?? "ok"]));
    expect(codes).toEqual({ 1: -32601, 2: -32601, 3: "ok", 4: -32601, 5: -32601 });
    if (call) event(call.response, { id: call.body.id, result: say("ok") });
    call?.response.end();
    expect((await it.answer("a")).result).toMatchObject(say("ok"));
  });

  test("that the server takes back are not asked any more", async () => {
    methods["tools/call"] = (exchange) => {
      stream(exchange);
      event(exchange.response, { id: 9, method: "roots/list" });
      event(exchange.response, { method: "notifications/cancelled", params: { requestId: 9 } });
      setTimeout(() => {
        event(exchange.response, { id: exchange.body.id, result: say("never mind") });
        exchange.response.end();
      }, 100);
    };
    const it = await began();
    it.write(asked("a", "tools/call", { name: "x" }));
    expect((await it.answer("a")).result).toMatchObject(say("never mind"));
    expect(it.lines.filter(({ method }) => method === "notifications/cancelled")).toEqual([]);
  });

  test("a cancelled call is cancelled at the server, under its id there", async () => {
    let call: Exchange | undefined;
    methods["tools/call"] = (exchange) => {
      call = exchange;
      stream(exchange);
    };
    const it = await began();
    it.write(asked("a", "tools/call", { name: "x" }));
    await until(() => call !== undefined);
    it.write({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "a", reason: "r" } });
    await until(() => notified.some(({ method }) => method === "notifications/cancelled"));
    expect(notified.find(({ method }) => method === "notifications/cancelled")?.params).toEqual({
      requestId: call?.body.id,
      reason: "r",
    });
  });
});

describe("subscriptions", () => {
  const listen = (id: string, notifications: object) => asked(id, "subscriptions/listen", { notifications });
  const acknowledged = (it: Run, id: string) =>
    it.line(({ method, params }) => {
      const meta = params?._meta as Record<string, unknown> | undefined;
      return (
        method === "notifications/subscriptions/acknowledged" &&
        meta?.["io.modelcontextprotocol/subscriptionId"] === id
      );
    });

  test("hold what the server offers and allows, and end what nobody else wants", async () => {
    methods["resources/subscribe"] = (exchange) =>
      exchange.body.params?.uri === "memo://no"
        ? refuse(exchange.response, exchange.body, 200, { code: -32602, message: "no" })
        : result(exchange, {});
    const it = await began();
    const wanted = {
      toolsListChanged: true,
      promptsListChanged: true,
      resourceSubscriptions: ["memo://1", "memo://no"],
    };
    it.write(listen("a", wanted), listen("b", { resourceSubscriptions: ["memo://1", "memo://2"] }));
    const honoured = { promptsListChanged: true, resourceSubscriptions: ["memo://1"] };
    expect((await acknowledged(it, "a")).params?.notifications).toEqual(honoured);
    await acknowledged(it, "b");
    await until(() => listening !== undefined);
    if (listening) {
      event(listening, { method: "notifications/tools/list_changed" });
      event(listening, { method: "notifications/resources/updated", params: { uri: "memo://1" } });
    }
    await until(
      () => it.lines.filter(({ method }) => method === "notifications/resources/updated").length === 2,
    );
    const told = it.lines.filter(({ method }) => method === "notifications/resources/updated");
    const tags = told.map(
      ({ params }) =>
        ((params?._meta ?? {}) as Record<string, unknown>)["io.modelcontextprotocol/subscriptionId"],
    );
    expect(tags.sort()).toEqual(["a", "b"]);
    expect(it.lines.some(({ method }) => method === "notifications/tools/list_changed")).toBe(false);
    it.write({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "b" } });
    await until(() => front.requests.includes("POST resources/unsubscribe"));
    const ended = front.bodies.filter((body) => body?.method === "resources/unsubscribe");
    expect(ended.map((body) => body?.params?.uri)).toEqual(["memo://2"]);
  });

  test("ask nothing of a server without subscriptions", async () => {
    capabilities = { tools: { listChanged: true }, resources: {} };
    const it = await began();
    it.write(listen("a", { toolsListChanged: true, resourceSubscriptions: ["memo://1"] }));
    expect((await acknowledged(it, "a")).params?.notifications).toEqual({ toolsListChanged: true });
    expect(front.requests).not.toContain("POST resources/subscribe");
  });
});

describe("HTTP+SSE", () => {
  for (const client of ["legacy", "modern"] as const)
    test(`a session whose stream was cut comes back for a ${client} client, with what it had been told`, async () => {
      const server = await startFullLegacyServer("sse");
      run = start(home, [server.url, "--timeout", "10"]);
      const it = run;
      const meta = client === "modern" ? { _meta: META } : {};
      if (client === "legacy") {
        it.write(initialize("2024-11-05", {}), INITIALIZED);
        it.write({ jsonrpc: "2.0", id: "s", method: "resources/subscribe", params: { uri: "memo://one" } });
      } else {
        it.write(asked("init", "server/discover"));
        it.write(
          asked("s", "subscriptions/listen", {
            notifications: { toolsListChanged: true, resourceSubscriptions: ["memo://one"] },
          }),
        );
      }
      await until(() => server.seen.subscribed.has("memo://one"));
      const slow = {
        jsonrpc: "2.0",
        id: "slow",
        method: "tools/call",
        params: { name: "slow", arguments: { ms: 60_000 }, ...meta },
      };
      it.write(slow);
      await until(() => server.seen.requests.includes("POST tools/call"));
      server.seen.subscribed.clear();
      const from = it.lines.length;
      server.restart();
      // What was under way is an error at once.
      expect((await it.answer("slow")).error?.data).toMatchObject({ code: "stream_cut" });
      const echo = {
        jsonrpc: "2.0",
        id: "e",
        method: "tools/call",
        params: { name: "echo", arguments: { text: "hi" }, ...meta },
      };
      it.write(echo);
      expect((await it.answer("e")).result).toMatchObject(say("hi"));
      expect(server.seen.subscribed.has("memo://one")).toBe(true);
      expect(it.lines.slice(from).some(({ method }) => method === "notifications/tools/list_changed")).toBe(
        true,
      );
      // One at the wrong address, to find out what the server is; one for each session.
      expect(server.seen.requests.filter((one) => one === "POST initialize")).toHaveLength(3);
      expect(server.sessions()).toBe(1);
      await it.end();
      await server.stop();
    });

  test("a session that the server forgot is opened again, and what met that is sent once more", async () => {
    const server = await startFullLegacyServer("sse");
    run = start(home, [server.url, "--timeout", "10"]);
    const it = run;
    it.write(initialize("2024-11-05", {}), INITIALIZED);
    const echo = (id: string) => ({
      jsonrpc: "2.0",
      id,
      method: "tools/call",
      params: { name: "echo", arguments: { text: id } },
    });
    it.write(echo("before"));
    expect((await it.answer("before")).result).toMatchObject(say("before"));
    server.forget();
    for (const id of ["a", "b", "c"]) it.write(echo(id));
    for (const id of ["a", "b", "c"]) expect((await it.answer(id)).result).toMatchObject(say(id));
    expect(it.lines.some(({ method }) => method === "notifications/tools/list_changed")).toBe(true);
    expect(server.sessions()).toBe(1);
    await it.end();
    await server.stop();
  });

  test("an address to post to elsewhere is refused", async () => {
    let posts = 0;
    const elsewhere = await startFront((_request, response) => {
      posts++;
      response.writeHead(202).end();
    });
    front.put((request, response) => {
      if (request.method !== "GET") return void response.writeHead(405).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`event: endpoint\ndata: ${elsewhere.origin}/messages\n\n`);
    });
    run = start(home, [front.url, "--timeout", "5"]);
    run.write(initialize());
    expect((await run.answer("init")).error).toBeDefined();
    expect(posts).toBe(0);
    await elsewhere.stop();
  });
});
