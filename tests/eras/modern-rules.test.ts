// The rules of 2026-07-28 that the SDKs' servers never put to the test, one by one, against a server by hand.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Run, start } from "../support/bridge.ts";
import { createHome, type Home } from "../support/home.ts";
import { type Body, type Front, refuse, startFront } from "../support/mcp/front.ts";
import {
  answerTo,
  DISCOVER,
  INITIALIZED,
  initialize,
  type Line,
  META,
  piped,
  textOf,
} from "../support/messages.ts";
import { json } from "../support/net/json.ts";
import { listen } from "../support/net/listen.ts";
import { sleep, until } from "../support/waiting.ts";

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  body: NonNullable<Body>;
}

let home: Home;
let front: Front;
let run: Run | undefined;
/** What answers a method; without one, an empty result. */
let methods: Record<string, (exchange: Exchange) => void>;
let capabilities: object;
/** Listen streams that are open, latest last. */
let listens: Exchange[];

const meta = (body: Body) => (body?.params?._meta ?? {}) as Record<string, unknown>;
const result = ({ response, body }: Exchange, value: object) =>
  json(response, 200, { jsonrpc: "2.0", id: body.id, result: { resultType: "complete", ...value } });
const event = ({ response }: Exchange, message: object) =>
  response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
const stream = ({ response }: Exchange) => response.writeHead(200, { "content-type": "text/event-stream" });
const tagged = ({ body }: Exchange, method: string, params: object = {}) => ({
  method,
  params: { ...params, _meta: { "io.modelcontextprotocol/subscriptionId": body.id } },
});
const acknowledge = (exchange: Exchange, notifications: unknown = exchange.body.params?.notifications) =>
  event(exchange, tagged(exchange, "notifications/subscriptions/acknowledged", { notifications } as object));
const say = (text: string) => ({ content: [{ type: "text", text }] });
const call = (id: string, params: object, extra: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { ...params, ...extra },
});

beforeEach(async () => {
  home = createHome();
  listens = [];
  capabilities = {
    tools: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    logging: {},
  };
  methods = {
    "server/discover": (exchange) => result(exchange, { supportedVersions: ["2026-07-28"], capabilities }),
    "subscriptions/listen": (exchange) => {
      stream(exchange);
      listens.push(exchange);
      exchange.response.on("close", () => {
        listens = listens.filter((one) => one !== exchange);
      });
      acknowledge(exchange);
    },
  };
  front = await startFront((request, response, body) => {
    if (!body || request.headers["mcp-method"] !== body.method)
      return refuse(response, body, 400, { code: -32020, message: "header mismatch" });
    if (body.id === undefined) return void response.writeHead(202).end();
    const answer = methods[body.method ?? ""] ?? ((exchange: Exchange) => result(exchange, {}));
    answer({ request, response, body });
  });
});
afterEach(async () => {
  await run?.end();
  run = undefined;
  home.remove();
  await front.stop();
});

const began = async (
  client: "legacy" | "modern",
  offers: object = { elicitation: {}, roots: {} },
): Promise<Run> => {
  run = start(home, [front.url, "--timeout", "10"]);
  if (client === "legacy") run.write(initialize("2025-11-25", offers), INITIALIZED);
  else run.write(DISCOVER);
  expect((await run.answer("init")).error).toBeUndefined();
  return run;
};

describe("headers", () => {
  const headers: Record<string, string | string[] | undefined>[] = [];
  beforeEach(() => {
    headers.length = 0;
    for (const method of ["tools/call", "prompts/get", "resources/read"])
      methods[method] = (exchange) => {
        headers.push(exchange.request.headers);
        result(exchange, say("ok"));
      };
  });

  test("mirror version, method and name; what is no plain ASCII goes as Base64", async () => {
    const it = await began("legacy");
    const names = [
      "plain",
      "Zürich 世界",
      " padded ",
      "line\nbreak",
      "=?base64?literal?=",
      "tab\tinside",
      "",
    ];
    for (const [at, name] of names.entries()) it.write(call(`c${at}`, { name, arguments: {} }));
    it.write({ jsonrpc: "2.0", id: "p", method: "prompts/get", params: { name: "greet" } });
    it.write({ jsonrpc: "2.0", id: "r", method: "resources/read", params: { uri: "file:///ü" } });
    for (const id of [...names.keys()].map((at) => `c${at}`).concat("p", "r")) await it.answer(id);
    const decoded = headers.map(({ "mcp-name": value }) => {
      const encoded = /^=\?base64\?(.*)\?=$/.exec(String(value))?.[1];
      return encoded === undefined ? String(value) : Buffer.from(encoded, "base64").toString("utf8");
    });
    expect(decoded.sort()).toEqual([...names, "greet", "file:///ü"].sort());
    for (const one of headers) expect(one["mcp-protocol-version"]).toBe("2026-07-28");
    expect(headers.some(({ "mcp-name": value }) => value === "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=")).toBe(
      true,
    );
    expect(headers.some(({ "mcp-name": value }) => value === "plain")).toBe(true);
    expect(headers.some((one) => "mcp-session-id" in one)).toBe(false);
  });

  test("that a tool's schema wants are learned from the list, or when the server misses them", async () => {
    const inputSchema = {
      type: "object",
      properties: {
        region: { type: "string", "x-mcp-header": "Region" },
        deep: { type: "object", properties: { n: { type: "integer", "x-mcp-header": "N" } } },
        on: { type: "boolean", "x-mcp-header": "On" },
      },
    };
    const bad = { type: "object", properties: { x: { type: "object", "x-mcp-header": "X" } } };
    methods["tools/list"] = (exchange) =>
      result(exchange, {
        tools: [
          { name: "good", inputSchema },
          { name: "bad", inputSchema: bad },
        ],
        ttlMs: 0,
        cacheScope: "public",
      });
    methods["tools/call"] = (exchange) => {
      const { request, response, body } = exchange;
      headers.push(request.headers);
      if (request.headers["mcp-param-region"] === undefined)
        return refuse(response, body, 400, { code: -32020, message: "Mcp-Param-Region is missing" });
      result(exchange, say("ok"));
    };
    const args = { region: "Zürich", deep: { n: 42 }, on: false };
    for (const client of ["legacy", "modern"] as const) {
      headers.length = 0;
      const fresh = createHome();
      const _meta = client === "modern" ? { _meta: META } : {};
      const lines = await piped(
        fresh,
        [front.url],
        [
          ...(client === "modern" ? [DISCOVER] : [initialize(), INITIALIZED]),
          call("call", { name: "good", arguments: args }, _meta),
          { jsonrpc: "2.0", id: "list", method: "tools/list", params: _meta },
        ],
      );
      expect(answerTo(lines, "call").result).toMatchObject(say("ok"));
      expect(headers).toHaveLength(2);
      expect(headers[1]).toMatchObject({
        "mcp-param-region": `=?base64?${Buffer.from("Zürich").toString("base64")}?=`,
        "mcp-param-n": "42",
        "mcp-param-on": "false",
      });
      const tools = answerTo(lines, "list").result?.tools as { name: string }[];
      expect(tools.map(({ name }) => name)).toEqual(["good"]);
      // The next process knows them.
      headers.length = 0;
      const { code, stdout } = await fresh.run([front.url, "tools-call", "good", `region=a`]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: "ok\n" });
      expect(headers).toHaveLength(1);
      fresh.remove();
    }
  });

  test("a server that misses a header for ever gets no third try", async () => {
    methods["tools/call"] = ({ request, response, body }) => {
      headers.push(request.headers);
      refuse(response, body, 400, { code: -32020, message: "never right" });
    };
    const it = await began("legacy");
    it.write(call("call", { name: "x", arguments: {} }));
    expect((await it.answer("call")).error).toMatchObject({ code: -32020, message: "never right" });
    expect(headers).toHaveLength(2);
  });
});

describe("input", () => {
  const ask = (key: string, method: string, params: object = {}) => ({ [key]: { method, params } });
  const form = { message: "?", requestedSchema: { type: "object", properties: {} } };

  test("that the client does not offer is not asked for", async () => {
    methods["tools/call"] = (exchange) =>
      result(exchange, { resultType: "input_required", inputRequests: ask("m", "sampling/createMessage") });
    const it = await began("legacy");
    it.write(call("call", { name: "x" }));
    const { error } = await it.answer("call");
    expect(error?.message).toContain("sampling/createMessage");
    expect(it.lines.filter(({ method }) => method === "sampling/createMessage")).toEqual([]);
  });

  test("by URL is not asked of a client that knows forms alone", async () => {
    methods["tools/call"] = (exchange) =>
      result(exchange, {
        resultType: "input_required",
        inputRequests: ask("m", "elicitation/create", {
          mode: "url",
          url: "https://example.com",
          message: "?",
        }),
      });
    const it = await began("legacy", { elicitation: {} });
    it.write(call("call", { name: "x" }));
    expect((await it.answer("call")).error?.message).toContain("elicitation/create");
  });

  test("-32021 reaches the client with what is required", async () => {
    const data = { requiredCapabilities: { sampling: {} } };
    methods["tools/call"] = ({ response, body }) =>
      refuse(response, body, 400, { code: -32021, message: "needs", data });
    const it = await began("legacy");
    it.write(call("call", { name: "x" }));
    expect((await it.answer("call")).error).toEqual({ code: -32021, message: "needs", data });
    const { code, stderr } = await home.run([front.url, "tools-call", "x"]);
    expect(code).toBe(2);
    expect(stderr).toContain("sampling");
    expect(stderr).toContain("m2mcp bridge");
  });

  test("retries have new ids, the original params, the latest state alone, and the declared capabilities", async () => {
    const seen: NonNullable<Body>[] = [];
    methods["tools/call"] = (exchange) => {
      seen.push(exchange.body);
      if (seen.length === 1)
        return result(exchange, {
          resultType: "input_required",
          inputRequests: ask("a", "roots/list"),
          requestState: "s 1",
        });
      if (seen.length === 2)
        return result(exchange, { resultType: "input_required", inputRequests: ask("b", "roots/list") });
      if (seen.length === 3) return result(exchange, { resultType: "input_required", requestState: "s 3" });
      result(exchange, say("ok"));
    };
    const it = await began("legacy");
    it.write(call("call", { name: "x", arguments: { n: 1 }, _meta: { progressToken: 7 } }));
    for (let round = 0; round < 2; round++) {
      const question = await it.line(
        (line) => line.method === "roots/list" && !it.answered.has(String(line.id)),
      );
      it.answered.add(String(question.id));
      it.write({ jsonrpc: "2.0", id: question.id, result: { roots: [{ uri: `file:///${round}` }] } });
    }
    expect((await it.answer("call")).result).toMatchObject(say("ok"));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(4);
    const [first, second, third, fourth] = seen.map(({ params = {} }) => params);
    expect(first).not.toHaveProperty("inputResponses");
    expect(second).toMatchObject({
      inputResponses: { a: { roots: [{ uri: "file:///0" }] } },
      requestState: "s 1",
    });
    expect(third).toMatchObject({ inputResponses: { b: { roots: [{ uri: "file:///1" }] } } });
    expect(third).not.toHaveProperty("requestState");
    expect(fourth).toMatchObject({ requestState: "s 3" });
    expect(fourth).not.toHaveProperty("inputResponses");
    for (const params of seen.map((body) => body.params))
      expect(params).toMatchObject({
        name: "x",
        arguments: { n: 1 },
        _meta: { progressToken: 7, "io.modelcontextprotocol/clientCapabilities": { roots: {} } },
      });
  });

  test("that the client refuses with an error ends the call with it, and takes back what else was asked", async () => {
    methods["tools/call"] = (exchange) =>
      result(exchange, {
        resultType: "input_required",
        inputRequests: { ...ask("a", "roots/list"), ...ask("b", "elicitation/create", form) },
      });
    const it = await began("legacy");
    it.write(call("call", { name: "x" }));
    const roots = await it.line(({ method }) => method === "roots/list");
    const other = await it.line(({ method }) => method === "elicitation/create");
    it.write({ jsonrpc: "2.0", id: roots.id, error: { code: -32042, message: "no roots today" } });
    expect((await it.answer("call")).error).toMatchObject({ code: -32042, message: "no roots today" });
    const cancelled = await it.line(({ method }) => method === "notifications/cancelled");
    expect(cancelled.params?.requestId).toBe(other.id);
  });

  test("of a call that the client cancels is taken back, and nothing is sent any more", async () => {
    let calls = 0;
    methods["tools/call"] = (exchange) => {
      calls++;
      result(exchange, { resultType: "input_required", inputRequests: ask("b", "elicitation/create", form) });
    };
    const it = await began("legacy");
    it.write(call("call", { name: "x" }));
    const question = await it.line(({ method }) => method === "elicitation/create");
    it.write({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "call" } });
    const cancelled = await it.line(({ method }) => method === "notifications/cancelled");
    expect(cancelled.params?.requestId).toBe(question.id);
    it.write({ jsonrpc: "2.0", id: question.id, result: { action: "accept", content: {} } });
    it.write({ jsonrpc: "2.0", id: "ping", method: "ping" });
    await it.answer("ping");
    expect(calls).toBe(1);
    expect(it.lines.some(({ id, method }) => id === "call" && !method)).toBe(false);
  });

  test("asked for as a request on the stream is dropped: the era has no such thing", async () => {
    methods["tools/call"] = (exchange) => {
      stream(exchange);
      event(exchange, { id: "bad", method: "roots/list" });
      event(exchange, { id: exchange.body.id, result: { resultType: "complete", ...say("ok") } });
      exchange.response.end();
    };
    for (const client of ["legacy", "modern"] as const) {
      const lines = await piped(
        home,
        [front.url],
        [
          ...(client === "modern" ? [DISCOVER] : [initialize(), INITIALIZED]),
          call("call", { name: "x" }, client === "modern" ? { _meta: META } : {}),
        ],
      );
      expect(answerTo(lines, "call").result).toMatchObject(say("ok"));
      expect(lines.filter(({ method }) => method === "roots/list")).toEqual([]);
    }
  });

  test("that a one-off command is asked for is a clear error; what wants no input is asked again", async () => {
    let calls = 0;
    methods["tools/call"] = (exchange) => {
      if (exchange.body.params?.name === "patient")
        return ++calls < 3
          ? result(exchange, { resultType: "input_required", requestState: "wait" })
          : result(exchange, say("ok"));
      result(exchange, { resultType: "input_required", inputRequests: ask("b", "elicitation/create", form) });
    };
    const asked = await home.run([front.url, "tools-call", "x"]);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain("elicitation/create");
    expect(asked.stderr).toContain("m2mcp bridge");
    expect((await home.run([front.url, "tools-call", "patient"])).stdout).toBe("ok\n");
    expect(calls).toBe(3);
  });
});

describe("cancellation", () => {
  for (const client of ["legacy", "modern"] as const)
    test(`closes the stream and sends nothing, for a ${client} client`, async () => {
      let closed = false;
      methods["tools/call"] = (exchange) => {
        stream(exchange);
        event(exchange, { method: "notifications/progress", params: { progressToken: 1, progress: 1 } });
        exchange.response.on("close", () => {
          closed = true;
        });
      };
      const it = await began(client);
      it.write(call("call", { name: "x" }, client === "modern" ? { _meta: META } : {}));
      await it.line(({ method }) => method === "notifications/progress");
      it.write({
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId: "call", reason: "enough" },
      });
      await until(() => closed);
      expect(front.requests).not.toContain("POST notifications/cancelled");
      expect(it.lines.some(({ id, method }) => id === "call" && !method)).toBe(false);
    });
});

describe("the subscription of a legacy client", () => {
  test("is one stream, with all that is wanted, and never a gap", async () => {
    const it = await began("legacy");
    await until(() => listens.length === 1);
    let gaps = 0;
    const plain = methods["subscriptions/listen"];
    methods["subscriptions/listen"] = (exchange) => {
      if (listens.length === 0) gaps++;
      plain?.(exchange);
    };
    const uris = Array.from({ length: 20 }, (_, at) => `memo://${at}`);
    for (const uri of uris)
      it.write({ jsonrpc: "2.0", id: uri, method: "resources/subscribe", params: { uri } });
    for (const uri of uris) expect((await it.answer(uri)).result).toEqual({});
    await until(() => listens.length === 1);
    expect(listens[0]?.body.params?.notifications).toEqual({
      toolsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: uris,
    });
    expect(gaps).toBe(0);
    // Asked side by side, they need few streams.
    expect(front.requests.filter((one) => one.includes("listen")).length).toBeLessThan(10);
    const [last] = listens;
    if (last) event(last, tagged(last, "notifications/resources/updated", { uri: "memo://7" }));
    const update = await it.line(({ method }) => method === "notifications/resources/updated");
    expect(update.params).toEqual({ uri: "memo://7" });
    it.write({ jsonrpc: "2.0", id: "un", method: "resources/unsubscribe", params: { uri: "memo://7" } });
    await it.answer("un");
    await until(() => listens.length === 1);
    expect(listens[0]?.body.params?.notifications).toMatchObject({
      resourceSubscriptions: uris.filter((uri) => uri !== "memo://7"),
    });
  });

  test("to a resource that the server leaves out is refused", async () => {
    methods["subscriptions/listen"] = (exchange) => {
      stream(exchange);
      acknowledge(exchange, { toolsListChanged: true });
    };
    const it = await began("legacy");
    it.write({ jsonrpc: "2.0", id: "s", method: "resources/subscribe", params: { uri: "memo://1" } });
    expect((await it.answer("s")).error).toMatchObject({ code: -32602, data: { uri: "memo://1" } });
  });

  test("is refused where the server offers none", async () => {
    capabilities = { resources: {}, tools: {} };
    const it = await began("legacy");
    it.write({ jsonrpc: "2.0", id: "s", method: "resources/subscribe", params: { uri: "memo://1" } });
    expect((await it.answer("s")).error?.code).toBe(-32601);
    it.write({ jsonrpc: "2.0", id: "l", method: "logging/setLevel", params: { level: "info" } });
    expect((await it.answer("l")).error?.code).toBe(-32601);
    expect(front.requests).not.toContain("POST subscriptions/listen");
  });

  for (const how of ["cut", "ended by the server"] as const)
    test(`comes back when it is ${how}, and tells what may have changed meanwhile`, async () => {
      const it = await began("legacy");
      it.write({ jsonrpc: "2.0", id: "s", method: "resources/subscribe", params: { uri: "memo://1" } });
      await it.answer("s");
      await until(() => listens.length === 1);
      const [old] = listens;
      if (!old) throw new Error("no stream");
      const from = it.lines.length;
      if (how === "cut") old.response.destroy();
      else {
        event(old, { method: "notifications/cancelled", params: { requestId: old.body.id } });
        event(old, { id: old.body.id, result: { resultType: "complete" } });
        old.response.end();
      }
      await until(() => listens.length === 1 && listens[0] !== old);
      expect(listens[0]?.body.id).not.toBe(old.body.id);
      await it.line(({ method }) => method === "notifications/resources/updated");
      expect(it.lines.slice(from).map(({ method, params }) => ({ method, params }))).toEqual([
        { method: "notifications/tools/list_changed", params: {} },
        { method: "notifications/resources/list_changed", params: {} },
        { method: "notifications/resources/updated", params: { uri: "memo://1" } },
      ]);
    });

  test("carries nothing that was not asked for", async () => {
    const it = await began("legacy");
    await until(() => listens.length === 1);
    const [open] = listens;
    if (!open) throw new Error("no stream");
    event(open, tagged(open, "notifications/prompts/list_changed"));
    event(open, tagged(open, "notifications/resources/updated", { uri: "memo://other" }));
    event(open, { method: "notifications/message", params: { level: "info", data: "x" } });
    event(open, tagged(open, "notifications/tools/list_changed"));
    await it.line(({ method }) => method === "notifications/tools/list_changed");
    expect(it.lines.filter(({ method }) => method !== undefined).map(({ method }) => method)).toEqual([
      "notifications/tools/list_changed",
    ]);
  });
});

describe("the subscription of a modern client", () => {
  const listen = (id: string | number, notifications: object) => ({
    jsonrpc: "2.0",
    id,
    method: "subscriptions/listen",
    params: { notifications, _meta: META },
  });
  const idOf = (line: Line) => meta({ params: line.params ?? {} })["io.modelcontextprotocol/subscriptionId"];

  test("comes back under its id when it is cut, and tells what may have changed meanwhile", async () => {
    const it = await began("modern");
    it.write(listen(5, { toolsListChanged: true, resourceSubscriptions: ["memo://1"] }));
    await it.line(({ method }) => method === "notifications/subscriptions/acknowledged");
    const [old] = listens;
    expect(old?.body.id).toBe(5);
    old?.response.destroy();
    await it.line(({ method }) => method === "notifications/resources/updated");
    const [open] = listens;
    if (!open) throw new Error("no stream");
    // A broken stream's request is asked again as a new one.
    expect(open.body.id).not.toBe(5);
    event(open, tagged(open, "notifications/resources/updated", { uri: "memo://1", n: 2 }));
    const update = await it.line(({ params }) => params?.n === 2);
    expect(idOf(update)).toBe(5);
    const told = it.lines.filter(({ method }) => method !== undefined);
    expect(told.map(({ method }) => method)).toEqual([
      "notifications/subscriptions/acknowledged",
      "notifications/tools/list_changed",
      "notifications/resources/updated",
      "notifications/resources/updated",
    ]);
    for (const line of told) expect(idOf(line)).toBe(5);
    it.write({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 5 } });
    await until(() => listens.length === 0);
    await sleep(1500);
    expect(listens).toEqual([]);
  });

  test("ends when the server ends it", async () => {
    const it = await began("modern");
    it.write(listen("a", { toolsListChanged: true }));
    await it.line(({ method }) => method === "notifications/subscriptions/acknowledged");
    const [open] = listens;
    if (!open) throw new Error("no stream");
    const _meta = { "io.modelcontextprotocol/subscriptionId": "a" };
    event(open, { id: "a", result: { resultType: "complete", _meta } });
    open.response.end();
    expect((await it.answer("a")).result).toEqual({ resultType: "complete", _meta });
    // With the notification alone, the answer is made here: it is owed.
    it.write(listen("b", { toolsListChanged: true }));
    await until(() => listens.length === 1 && listens[0] !== open);
    const [other] = listens;
    if (!other) throw new Error("no stream");
    event(other, { method: "notifications/cancelled", params: { requestId: "b" } });
    other.response.end();
    expect((await it.answer("b")).result).toMatchObject({ resultType: "complete" });
    expect(front.requests.filter((one) => one.includes("listen"))).toHaveLength(2);
  });

  test("two at once are kept apart", async () => {
    const it = await began("modern");
    it.write(listen(1, { toolsListChanged: true }), listen(2, { resourceSubscriptions: ["memo://1"] }));
    await until(() => listens.length === 2);
    it.write({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } });
    await until(() => listens.length === 1);
    expect(listens[0]?.body.id).toBe(2);
  });

  test("is refused where more would leave no connection for calls", async () => {
    methods["tools/call"] = (exchange) => result(exchange, say("hi"));
    const it = await began("modern");
    const ids = Array.from({ length: 300 }, (_, at) => at);
    it.write(...ids.map((id) => listen(id, { toolsListChanged: true })));
    expect((await it.answer("299", 299)).error?.data).toMatchObject({
      source: "m2mcp",
      code: "subscriptions",
    });
    await until(() => listens.length === 48);
    const calls = ids.map((id) => `call ${id}`);
    it.write(...calls.map((id) => call(id, { name: "x", _meta: META })));
    for (const id of calls) expect(textOf(await it.answer(id))).toBe("hi");
    it.write({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 0 } });
    await until(() => listens.length === 47);
    it.write(listen("next", { toolsListChanged: true }));
    await until(() => listens.some(({ body }) => body.id === "next"));
  });

  test("that is refused is answered with the refusal", async () => {
    methods["subscriptions/listen"] = ({ response, body }) =>
      refuse(response, body, 404, { code: -32601, message: "no subscriptions" });
    const it = await began("modern");
    it.write(listen(1, { toolsListChanged: true }));
    expect((await it.answer("1", 1)).error).toMatchObject({ code: -32601 });
  });
});

test("a notification that comes before the first request is not lost", async () => {
  run = start(home, [front.url]);
  run.write({ jsonrpc: "2.0", method: "example.com/early", params: { _meta: META } }, DISCOVER);
  await run.answer("init");
  await until(() => front.requests.includes("POST example.com/early"));
});

test("a first call that is cancelled while the server's era is being found is never made", async () => {
  const discover = methods["server/discover"];
  methods["server/discover"] = (exchange) => setTimeout(() => discover?.(exchange), 300);
  run = start(home, [front.url]);
  run.write(call("call", { name: "x" }, { _meta: META }));
  await until(() => front.requests.includes("POST server/discover"));
  run.write({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "call" } });
  run.write({ jsonrpc: "2.0", id: "list", method: "tools/list", params: { _meta: META } });
  await run.answer("list");
  expect(front.requests).not.toContain("POST tools/call");
});

test("no digit is lost on the way through both eras", async () => {
  const digits = '"n":12345678901234567890,"x":[-9007199254740993]';
  let got = "";
  const http = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString("utf8");
    if (text === "") return response.writeHead(405).end();
    const body = JSON.parse(text);
    response.setHeader("content-type", "application/json");
    const answer = (value: string) =>
      response.end(`{"jsonrpc":"2.0","id":${JSON.stringify(body.id)},"result":${value}}`);
    if (body.method === "server/discover")
      return answer('{"supportedVersions":["2026-07-28"],"capabilities":{}}');
    if (body.method !== "tools/call") return response.writeHead(400).end();
    got = text;
    return answer(`{"resultType":"complete","content":[],"structuredContent":{${digits}}}`);
  });
  const url = `http://127.0.0.1:${await listen(http)}/mcp`;
  const input = [
    JSON.stringify(initialize()),
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{${digits}}}}`,
  ];
  const { stdout } = await home.run(["bridge", url], { input: `${input.join("\n")}\n` });
  http.closeAllConnections();
  http.close();
  expect(got).toContain(digits);
  expect(stdout).toContain(digits);
});

describe("results", () => {
  test("lose what a legacy client does not know, and nothing else", async () => {
    methods["resources/list"] = (exchange) =>
      result(exchange, {
        resources: [],
        ttlMs: 1000,
        cacheScope: "public",
        nextCursor: "n",
        "example.com/x": 1,
        _meta: { a: 1 },
      });
    methods["example.com/task"] = (exchange) => result(exchange, { resultType: "task", taskId: "t" });
    methods["server/discover"] = (exchange) =>
      result(exchange, {
        supportedVersions: ["2026-07-28"],
        capabilities: { extensions: { "example.com/x": {} } },
        ttlMs: 1,
        cacheScope: "public",
        "example.com/more": [1],
        _meta: { "io.modelcontextprotocol/serverInfo": { name: "n", version: "v" }, "example.com/m": 1 },
      });
    const it = await began("legacy");
    expect((await it.answer("init")).result).toEqual({
      protocolVersion: "2025-11-25",
      capabilities: { extensions: { "example.com/x": {} } },
      serverInfo: { name: "n", version: "v" },
      "example.com/more": [1],
      _meta: { "example.com/m": 1 },
    });
    it.write({ jsonrpc: "2.0", id: "l", method: "resources/list" });
    expect((await it.answer("l")).result).toEqual({
      resources: [],
      nextCursor: "n",
      "example.com/x": 1,
      _meta: { a: 1 },
    });
    it.write({ jsonrpc: "2.0", id: "t", method: "example.com/task", params: {} });
    expect((await it.answer("t")).result).toEqual({ resultType: "task", taskId: "t" });
  });
});
