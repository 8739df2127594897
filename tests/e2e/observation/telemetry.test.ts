// Traces and metrics, taken as a collector takes them: over each protocol, from each host, and with nobody there to take them.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import { startBridge } from "../../support/bridge.ts";
import { inHome } from "../../support/home.ts";
import { call, INITIALIZE, INITIALIZED, type Json, request } from "../../support/messages.ts";
import { close, listen } from "../../support/net/listen.ts";
import { named, startReceiver } from "../../support/otlp/receiver.ts";
import { connectLegacy } from "../../support/sdk-clients.ts";
import { startServe } from "../../support/serve.ts";
import { logIn, startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "00f067aa0ba902b7";
const PARENTS = { TRACEPARENT: `00-${TRACE}-${PARENT}-01`, TRACESTATE: "a=b", BAGGAGE: "who=me" };
/** The request that calls this tool, as the server had it. */
const callOf = (text: string) => {
  const seen = world.mcp.requests.findLast(({ body }) => body.includes(text));
  return { meta: JSON.parse(seen?.body ?? "{}").params?._meta ?? {}, headers: seen?.headers ?? {} };
};

describe("traces and metrics", () => {
  for (const protocol of ["http/protobuf", "http/json"])
    test.concurrent(
      `of a one-off command arrive by ${protocol}, in the trace of the environment`,
      inHome(async (home) => {
        const receiver = home.owns(await startReceiver());
        await logIn(world, home);
        const text = `by ${protocol}`;
        const { code, stderr } = await home.run(["@svc", "tools-call", "echo", `text=${text}`], {
          env: {
            ...PARENTS,
            OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
            OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
            OTEL_EXPORTER_OTLP_HEADERS: "x-key=k3y",
            OTEL_SERVICE_NAME: "agent",
            OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
          },
        });
        expect([code, stderr]).toEqual([0, ""]);
        const spans = receiver.spans();
        const mcp = named(spans, "tools/call echo", "CLIENT");
        expect(mcp).toMatchObject({ trace: TRACE, parent: PARENT, failed: false });
        expect(mcp.attributes).toMatchObject({
          "mcp.method.name": "tools/call",
          "gen_ai.tool.name": "echo",
          "gen_ai.operation.name": "execute_tool",
          "network.transport": "tcp",
          "server.address": "127.0.0.1",
        });
        const http = spans.find(({ parent }) => parent === mcp.id);
        expect(http).toMatchObject({ trace: TRACE, name: "POST", kind: "CLIENT" });
        expect(http?.attributes).toMatchObject({
          "http.request.method": "POST",
          "http.response.status_code": 200,
        });
        const { meta, headers } = callOf(text);
        expect(meta).toMatchObject({
          traceparent: `00-${TRACE}-${mcp.id}-01`,
          tracestate: "a=b",
          baggage: "who=me",
        });
        expect(headers.traceparent).toBe(`00-${TRACE}-${http?.id}-01`);
        expect(receiver.metrics()).toContain("mcp.client.operation.duration");
        expect(receiver.metrics()).toContain("http.client.request.duration");
        expect(receiver.resource()).toMatchObject({
          "service.name": "agent",
          "deployment.environment.name": "test",
        });
        expect(receiver.taken[0]?.headers["x-key"]).toBe("k3y");
        const all = JSON.stringify(receiver.taken.map(({ body }) => body));
        for (const secret of [text, world.as.clients.basic.secret, "k3y"]) expect(all).not.toContain(secret);
      }),
      60_000,
    );

  test.concurrent(
    "of a bridge: the host's trace goes on, failures and token requests have spans",
    inHome(async (home) => {
      const receiver = home.owns(await startReceiver());
      const { id, secret } = world.as.clients.basic;
      const bridge = startBridge(home, [world.mcp.url, "--client-id", id, "--otlp", `${receiver.url}/`], {
        env: { M2MCP_CLIENT_SECRET: secret },
      });
      const traced: Json = call(2, "fail");
      traced.params._meta = { traceparent: `00-${TRACE}-${PARENT}-01`, baggage: "who=host" };
      bridge.say(
        INITIALIZE,
        INITIALIZED,
        traced,
        request(3, "resources/read", { uri: "http://u:p4ss@h/x?key=k3y" }),
      );
      await Promise.all([2, 3].map((one) => bridge.answer(one)));
      expect(await bridge.end()).toBe(0);
      const spans = receiver.spans();
      const incoming = named(spans, "tools/call fail", "SERVER");
      expect(incoming).toMatchObject({ trace: TRACE, parent: PARENT, failed: true });
      expect(incoming.attributes).toMatchObject({ "error.type": "tool_error", "network.transport": "pipe" });
      const outgoing = named(spans, "tools/call fail", "CLIENT");
      expect(outgoing).toMatchObject({ trace: TRACE, parent: incoming.id });
      expect(callOf('"fail"').meta).toMatchObject({
        traceparent: `00-${TRACE}-${outgoing.id}-01`,
        baggage: "who=host",
      });
      const read = named(spans, "resources/read", "SERVER");
      expect(read.attributes).toMatchObject({ "rpc.response.status_code": read.attributes["error.type"] });
      const token = named(spans, "token request", "INTERNAL");
      const posted = spans.filter(({ parent }) => parent === token.id);
      expect(posted.length).toBeGreaterThan(0);
      expect(receiver.metrics()).toContain("m2mcp.token.requests");
      expect(receiver.metrics()).toContain("mcp.server.operation.duration");
      const all = JSON.stringify(receiver.taken.map(({ body }) => body));
      for (const hidden of ["p4ss", "k3y", secret, "eyJ"]) expect(all).not.toContain(hidden);
    }),
    60_000,
  );

  test.concurrent(
    "of serve: HTTP's context is above where a request names none, and linked where it does",
    inHome(async (home) => {
      const receiver = home.owns(await startReceiver());
      await logIn(world, home);
      const serve = await startServe(home, ["@svc"], {
        env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/v1/traces` },
      });
      const client = await connectLegacy({ url: world.mcp.url, env: home.env, served: serve.url });
      await client.call("add", { a: 1, b: 2 });
      await client.request("tools/call", {
        name: "echo",
        arguments: { text: "named" },
        _meta: { traceparent: `00-${TRACE}-${PARENT}-01` },
      });
      await fetch(new URL("/healthz", serve.url));
      await client.close();
      expect(await serve.stop()).toBe(0);
      const spans = receiver.spans();
      const add = named(spans, "tools/call add", "SERVER");
      expect(spans.find(({ id }) => id === add.parent)).toMatchObject({ name: "POST /mcp", kind: "SERVER" });
      const echo = named(spans, "tools/call echo", "SERVER");
      expect(echo).toMatchObject({ trace: TRACE, parent: PARENT, links: 1 });
      expect(spans.some(({ attributes }) => String(attributes["http.route"]).includes("healthz"))).toBe(
        false,
      );
      expect(receiver.metrics()).toEqual([]);
    }),
    60_000,
  );

  test.concurrent(
    "need not be sent for a trace in the headers of HTTP to go on",
    inHome(async (home) => {
      await logIn(world, home);
      const serve = await startServe(home, ["@svc"]);
      const traceparent = `00-${TRACE}-${PARENT}-01`;
      const client = await connectLegacy({
        url: world.mcp.url,
        env: home.env,
        served: serve.url,
        headers: { traceparent, baggage: "who=http" },
      });
      await client.call("echo", { text: "in the headers" });
      expect(callOf("in the headers").meta).toMatchObject({ traceparent, baggage: "who=http" });
      const other = `00-${TRACE}-${"1".repeat(16)}-00`;
      await client.call("echo", { text: "in its meta" }, { meta: { traceparent: other } });
      expect(callOf("in its meta").meta.traceparent).toBe(other);
      await client.close();
      const bare = await connectLegacy({
        url: world.mcp.url,
        env: home.env,
        served: serve.url,
        headers: { baggage: "who=alone" },
      });
      await bare.call("echo", { text: "baggage alone" });
      expect(callOf("baggage alone").meta).toEqual({ baggage: "who=alone" });
      await bare.close();
      expect(await serve.stop()).toBe(0);
    }),
    60_000,
  );

  test.concurrent(
    "hold nothing up where nobody takes them, and that is said once",
    inHome(async (home) => {
      // It takes connections, and never answers.
      const silent = createServer(() => {});
      const port = await listen(silent, 0);
      await logIn(world, home);
      for (const url of ["http://127.0.0.1:9", `http://127.0.0.1:${port}`]) {
        const began = performance.now();
        const { code, stderr } = await home.run(["@svc", "tools-call", "add", "a:=1", "b:=2", "--otlp", url]);
        expect(performance.now() - began).toBeLessThan(4000);
        expect(code).toBe(0);
        expect(
          stderr.match(/warning: traces and metrics do not reach 127\.0\.0\.1:\d+ \(.+\);/g),
        ).toHaveLength(1);
      }
      const bridge = startBridge(home, ["@svc"], {
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: "100" },
      });
      bridge.say(INITIALIZE, INITIALIZED);
      for (let at = 10; at < 200; at++) bridge.say(call(at, "add", { a: at, b: 1 }));
      for (let at = 10; at < 200; at++) await bridge.answer(at);
      expect(await bridge.end()).toBe(0);
      await close(silent);
    }),
    60_000,
  );

  test.concurrent(
    "are off by OTEL_SDK_DISABLED, in part by samplers and exporters; what is unknown is said",
    inHome(async (home) => {
      const receiver = home.owns(await startReceiver());
      await logIn(world, home);
      const run = (env: Record<string, string>) =>
        home.run(["@svc", "tools-call", "echo", "text=off"], {
          env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env },
        });
      await run({ OTEL_SDK_DISABLED: "true" });
      expect(receiver.taken).toEqual([]);
      await run({ OTEL_TRACES_SAMPLER: "always_off", OTEL_METRICS_EXPORTER: "none" });
      expect(receiver.taken).toEqual([]);
      const { stderr } = await run({ OTEL_TRACES_EXPORTER: "zipkin", OTEL_TRACES_SAMPLER: "sometimes" });
      expect(stderr).toContain("OTEL_TRACES_EXPORTER=zipkin is not known here; otlp and none are");
      expect(receiver.spans()).toEqual([]);
      expect(receiver.metrics()).not.toEqual([]);
      const other = await run({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/xml" });
      expect(other.stderr).toContain("the OTLP protocol http/xml is not known here");
      const wrong = await home.run(["@svc", "ping", "--otlp", "localhost:4318"]);
      expect([wrong.code, wrong.stderr]).toEqual([
        1,
        expect.stringContaining("--otlp is no http or https URL"),
      ]);
    }),
    60_000,
  );
});
