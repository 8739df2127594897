// Spans of what a server asks and tells by itself, and of what a client tells: from each host, in each era.
import { describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { startBridge } from "../../support/bridge.ts";
import { type Home, inHome } from "../../support/home.ts";
import { startFullLegacyServer } from "../../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../../support/mcp/full-modern-server.ts";
import { event, stream } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { call, INITIALIZED, initialize, type Json, notification } from "../../support/messages.ts";
import { named, type Span, startReceiver } from "../../support/otlp/receiver.ts";
import { connectLegacy } from "../../support/sdk-clients.ts";
import { startServe } from "../../support/serve.ts";
import { until } from "../../support/waiting.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "00f067aa0ba902b7";
const ASK = "elicitation/create";
const CAPABLE = initialize("2025-11-25", { elicitation: {}, roots: { listChanged: true } }, 1);
const accept = (id: unknown) => ({
  jsonrpc: "2.0",
  id,
  result: { action: "accept", content: { name: "Ada" } },
});

/** A bridge that sends its traces, with a client that can be asked. */
async function begin(home: Home, url: string) {
  const receiver = home.owns(await startReceiver());
  const bridge = startBridge(home, [url, "--otlp", receiver.url]);
  bridge.say(CAPABLE, INITIALIZED);
  await bridge.answer(1);
  return {
    ...bridge,
    spans: () => receiver.spans(),
    question: () => bridge.hear(({ method }) => method === ASK),
  };
}

/** The two spans of a question that was passed on, which lie in the call's where its stream says which that is. */
function expectPassedOn(
  spans: Span[],
  call: string | undefined,
  transport: string,
): [taken: Span, sent: Span] {
  const taken = named(spans, ASK, "SERVER");
  const sent = named(spans, ASK, "CLIENT");
  expect(taken.parent).toBe(call === undefined ? "" : named(spans, call, "CLIENT").id);
  expect(sent).toMatchObject({ parent: taken.id, trace: taken.trace });
  expect(taken.attributes).toMatchObject({ "mcp.method.name": ASK, "server.address": "127.0.0.1" });
  expect(sent.attributes).toMatchObject({ "network.transport": transport });
  return [taken, sent];
}

/** A server that asks in each call, with these params, and goes on when it is told. */
async function asking(home: Home, params: object) {
  let response: ServerResponse | undefined;
  const server = await startLegacyServer((asked) => {
    if (asked.http === "GET") return asked.response.writeHead(405).end();
    response = stream(asked.response);
    event(response, { jsonrpc: "2.0", id: `q${asked.id}`, method: ASK, params });
  });
  home.owns(server);
  const say = (message: object) => response && event(response, message);
  return {
    url: server.url,
    say,
    /** Resolves once a client's answer to a question has come. */
    answered: (id: string) =>
      until(() => server.seen.some((asked) => asked.method === "" && asked.id === id)),
    answer: (id: number) => say({ jsonrpc: "2.0", id, result: { content: [] } }),
  };
}

describe("what a server asks", () => {
  for (const [era, start] of [
    ["legacy", () => startFullLegacyServer("http")],
    ["legacy over HTTP+SSE", () => startFullLegacyServer("sse")],
    ["modern", () => startFullModernServer()],
  ] as const)
    test.concurrent(
      `over a bridge has a span on each side, in the call's; the client is told of its own (${era})`,
      inHome(async (home) => {
        const server = home.owns(await start());
        const { say, answer, end, spans, question } = await begin(home, server.url);
        say(call(2, "ask"));
        const asked: Json = await question();
        say(accept(asked.id));
        expect((await answer(2)).result.isError).not.toBe(true);
        expect(await end()).toBe(0);
        const [taken, sent] = expectPassedOn(
          spans(),
          era.includes("SSE") ? undefined : "tools/call ask",
          "pipe",
        );
        expect([taken.failed, sent.failed]).toEqual([false, false]);
        expect(sent.attributes["jsonrpc.request.id"]).toBe(String(asked.id));
        expect(asked.params._meta.traceparent).toBe(`00-${sent.trace}-${sent.id}-01`);
        expect(JSON.stringify(spans())).not.toContain("Ada");
      }),
      60_000,
    );

  test.concurrent(
    "belongs to the trace that it names, and links the call's",
    inHome(async (home) => {
      const server = await asking(home, {
        message: "?",
        _meta: { traceparent: `00-${TRACE}-${PARENT}-01`, more: 1 },
      });
      const { say, question, answer, end, spans } = await begin(home, server.url);
      say(call(2, "ask"));
      const asked: Json = await question();
      say({ jsonrpc: "2.0", id: asked.id, error: { code: -32601, message: "no" } });
      // A question that is still open when its call ends is cancelled.
      await server.answered("q2");
      server.answer(2);
      await answer(2);
      await end();
      const taken = named(spans(), ASK, "SERVER");
      expect(taken).toMatchObject({ trace: TRACE, parent: PARENT, links: 1, failed: true });
      expect(taken.attributes).toMatchObject({
        "error.type": "-32601",
        "rpc.response.status_code": "-32601",
      });
      expect(asked.params).toMatchObject({ message: "?", _meta: { more: 1 } });
      expect(asked.params._meta.traceparent).toContain(`00-${TRACE}-${named(spans(), ASK, "CLIENT").id}`);
    }),
    60_000,
  );

  test.concurrent(
    "ends unanswered with its call, and where the server takes it back",
    inHome(async (home) => {
      const server = await asking(home, { message: "?" });
      const { say, hear, answer, end, spans } = await begin(home, server.url);
      for (const id of [3, 4]) {
        say(call(id, "ask"));
        await hear((line) => line.id === `q${id}`);
        if (id === 4) server.say(notification("notifications/cancelled", { requestId: "q4" }));
        server.answer(id);
        await answer(id);
      }
      await end();
      const all = spans().filter(({ name }) => name === ASK);
      expect(all.map(({ kind }) => kind).sort()).toEqual(["CLIENT", "CLIENT", "SERVER", "SERVER"]);
      expect(new Set(all.map(({ attributes }) => attributes["error.type"]))).toEqual(new Set(["cancelled"]));
    }),
    60_000,
  );

  for (const start of [() => startFullLegacyServer("http"), () => startFullModernServer()])
    test.concurrent(
      `over serve has the same (${start.toString().includes("Legacy") ? "legacy" : "modern"})`,
      inHome(async (home) => {
        const receiver = home.owns(await startReceiver());
        const server = home.owns(await start());
        const serve = await startServe(home, [server.url, "--otlp", receiver.url]);
        const client = await connectLegacy({ url: server.url, env: home.env, served: serve.url });
        await client.call("ask");
        await client.close();
        expect(await serve.stop()).toBe(0);
        const [taken, sent] = expectPassedOn(receiver.spans(), "tools/call ask", "tcp");
        expect([taken.failed, sent.failed]).toEqual([false, false]);
        const [asked] = client.asked as { params: Json }[];
        expect(asked?.params._meta.traceparent).toBe(`00-${sent.trace}-${sent.id}-01`);
      }),
      60_000,
    );

  test.concurrent(
    "of a one-off command has one span: it is answered here",
    inHome(async (home) => {
      const receiver = home.owns(await startReceiver());
      const server = home.owns(await startFullLegacyServer("http"));
      await home.run([server.url, "tools-call", "ask", "--otlp", receiver.url]);
      const found = receiver.spans().filter(({ name }) => name === ASK);
      expect(found).toMatchObject([{ kind: "SERVER", failed: true }]);
    }),
    60_000,
  );
});

describe("notifications", () => {
  test.concurrent(
    "have spans, the client's and the server's; progress and logs are events of the call's",
    inHome(async (home) => {
      const server = await startLegacyServer(({ http, params }, response) => {
        if (http === "GET") return response.writeHead(405).end();
        const { progressToken } = params._meta;
        stream(response);
        for (let progress = 1; progress <= 3; progress++)
          event(response, notification("notifications/progress", { progressToken, progress }));
        event(response, notification("notifications/message", { level: "info", data: "s3cret" }));
        event(response, notification("notifications/tools/list_changed"));
        event(response, { jsonrpc: "2.0", id: 2, result: { content: [] } });
        response.end();
      });
      home.owns(server);
      const { say, answer, end, spans } = await begin(home, server.url);
      say(notification("notifications/roots/list_changed"));
      const asked: Json = call(2, "tell");
      asked.params._meta = { progressToken: "p" };
      say(asked);
      await answer(2);
      await end();
      const all = spans();
      const sent = named(all, "tools/call tell", "CLIENT");
      expect(sent.events).toEqual([...Array(3).fill("notifications/progress"), "notifications/message"]);
      const CHANGED = "notifications/tools/list_changed";
      const taken = named(all, CHANGED, "SERVER");
      expect(taken).toMatchObject({ parent: sent.id, failed: false });
      expect(named(all, CHANGED, "CLIENT")).toMatchObject({ parent: taken.id });
      const told = named(all, "notifications/roots/list_changed", "SERVER");
      expect(told.attributes).toMatchObject({ "network.transport": "pipe" });
      const passed = named(all, "notifications/roots/list_changed", "CLIENT");
      expect(passed).toMatchObject({ parent: told.id });
      expect(all.find(({ name, parent }) => name === "POST" && parent === passed.id)).toBeDefined();
      expect(all.some(({ name }) => name === "notifications/progress")).toBe(false);
      expect(JSON.stringify(all)).not.toContain("s3cret");
    }),
    60_000,
  );
});
