// What this program says of itself beside the client: the extension of the grant that is used, and the trace that the
// environment names.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, json, reply, says } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { complete, startModernServer } from "../support/mcp/scripted-modern.ts";
import {
  call,
  DISCOVER,
  INITIALIZED,
  initialize,
  modern as inModern,
  type Json,
  META,
  request,
} from "../support/messages.ts";
import { GRANTED, startScriptedWorld } from "../support/oauth/scripted-world.ts";

const home = homeForEachTest();
const EXTENSION = "io.modelcontextprotocol/oauth-client-credentials";
const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
const ENV = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s3cr3t-value" };

/** A protected server of this era; what came with a token is written down. */
async function guarded(era: "legacy" | "modern") {
  const seen: Json[] = [];
  const world = await startScriptedWorld({
    before({ url, headers, method }, response, body) {
      const wanted = url === "/token" && new URLSearchParams(body).get("requested_token_type");
      if (wanted) {
        json(response, { ...GRANTED, token_type: "N_A", issued_token_type: wanted });
        return true;
      }
      if (url !== "/mcp" || headers.authorization !== "Bearer good") return false;
      if (method !== "POST") {
        response.writeHead(405).end();
        return true;
      }
      const message = JSON.parse(body);
      seen.push(message);
      const { id, method: asked } = message;
      const result =
        asked === "initialize"
          ? { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "guarded", version: "1" } }
          : asked === "server/discover"
            ? { supportedVersions: ["2026-07-28"], capabilities: {} }
            : { tools: [], ...says("hi") };
      const isRefused =
        era === "legacy" ? asked !== "initialize" && !headers["mcp-session-id"] : asked === "initialize";
      if (isRefused)
        json(response, { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } }, 400);
      else if (id === undefined) response.writeHead(202).end();
      else {
        if (era === "legacy") response.setHeader("mcp-session-id", "s1");
        json(response, {
          jsonrpc: "2.0",
          id,
          result: { ...(era === "modern" ? { resultType: "complete" } : {}), ...result },
        });
      }
      return true;
    },
  });
  return { ...home.owns(world), seen };
}

describe("where the grant is used, its extension is declared", () => {
  test("in the handshake, beside the host's own capabilities", async () => {
    const server = await guarded("legacy");
    expect(await home.run([server.url, "tools-call", "echo"], { env: ENV })).toMatchObject({ code: 0 });
    const { say, answer } = startBridge(home, [server.url], { env: ENV });
    say(initialize("2025-11-25", { roots: {}, extensions: { "example.com/x": {} } }), INITIALIZED);
    await answer("init");
    const offers = server.seen
      .filter(({ method }) => method === "initialize")
      .map(({ params }) => params.capabilities);
    expect(offers[0]).toEqual({ extensions: { [EXTENSION]: {} } });
    expect(offers.at(-1)).toEqual({ roots: {}, extensions: { [EXTENSION]: {}, "example.com/x": {} } });
  });

  test("in each modern request, our own questions among them", async () => {
    const server = await guarded("modern");
    expect(await home.run([server.url, "tools-call", "echo"], { env: ENV })).toMatchObject({ code: 0 });
    for (const messages of [[DISCOVER, inModern(call(1))], [initialize(), INITIALIZED, call(1)], [call(1)]]) {
      const bridge = startBridge(home, [server.url], {
        env: { ...ENV, M2MCP_HOME: `${home.folder}/${messages.length}` },
      });
      bridge.say(...messages);
      await bridge.answer(1);
      await bridge.stop();
    }
    const asked = server.seen.filter(({ method }) => method === "server/discover" || method === "tools/call");
    expect(asked.length).toBeGreaterThanOrEqual(7);
    const [own, ...clients] = asked.map(({ params }) => params._meta[CAPABILITIES].extensions);
    for (const declared of clients) expect(declared).toEqual({ [EXTENSION]: {} });
    // Of our own requests each may become a task.
    expect(own).toEqual({ [EXTENSION]: {}, "io.modelcontextprotocol/tasks": {} });
  });
});

const VENDOR = "io.modelcontextprotocol";
test.each([
  ["id-jag", { M2MCP_GRANT: "id-jag", ...ENV }, `${VENDOR}/enterprise-managed-authorization`],
  ["jwt-bearer of a workload, which has no client id", { M2MCP_GRANT: "jwt-bearer" }, `${VENDOR}/auth/wif`],
  ["jwt-bearer of a client", { M2MCP_GRANT: "jwt-bearer", M2MCP_CLIENT_ID: "id" }, undefined],
  ["token-exchange", { M2MCP_GRANT: "token-exchange", ...ENV }, undefined],
] as const)("the extension of %s is declared to servers of either era", async (_, given, extension) => {
  for (const era of ["legacy", "modern"] as const) {
    const server = await guarded(era);
    const env = {
      ...given,
      ...(given.M2MCP_GRANT === "jwt-bearer" ? { M2MCP_CLIENT_ASSERTION_COMMAND: "echo jwt" } : {}),
      ...(given.M2MCP_GRANT === "jwt-bearer" ? {} : { M2MCP_SUBJECT_TOKEN_COMMAND: "echo token" }),
      M2MCP_IDP_TOKEN_ENDPOINT: `${server.origin}/token`,
      M2MCP_HOME: `${home.folder}/${era}`,
    };
    const bridge = startBridge(home, [server.url], { env });
    bridge.say(initialize(), INITIALIZED, call(1));
    await bridge.answer(1);
    const declared = server.seen
      .filter(({ method }) => method === (era === "legacy" ? "initialize" : "tools/call"))
      .map(({ params }) => params.capabilities ?? params._meta[CAPABILITIES]);
    expect(declared.length).toBeGreaterThan(0);
    for (const one of declared)
      expect(one.extensions ?? {}).toEqual(extension === undefined ? {} : { [extension]: {} });
  }
});

test("without credentials nothing is claimed", async () => {
  const server = home.owns(await startModernServer());
  await home.run([server.url, "tools-list"]);
  expect(JSON.stringify(server.seen.map(({ params }) => params))).not.toContain(EXTENSION);
});

describe("the trace of the environment", () => {
  const TRACE = { TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", TRACESTATE: "a=b" };
  const servers = {
    legacy: async () =>
      home.owns(
        await startLegacyServer((asked, response) =>
          asked.http === "GET" ? response.writeHead(405).end() : reply(asked, says("hi")),
        ),
      ),
    modern: async () => {
      const server = home.owns(await startModernServer());
      server.methods["tools/call"] = (asked: Asked) => complete(asked, says("hi"));
      return server;
    },
  };
  for (const era of ["legacy", "modern"] as const)
    test(`goes on to a ${era} server, but for rubbish, and makes way for the host's own`, async () => {
      const server = await servers[era]();
      const latest = () => server.seen.findLast(({ method }) => method === "tools/call")?.params._meta ?? {};
      expect(await home.run([server.url, "tools-call", "echo"], { env: TRACE })).toMatchObject({ code: 0 });
      expect(latest()).toMatchObject({ traceparent: TRACE.TRACEPARENT, tracestate: "a=b" });
      await home.run([server.url, "tools-call", "echo"], { env: { TRACEPARENT: "rubbish" } });
      expect(latest().traceparent).toBeUndefined();
      const own = "00-11111111111111111111111111111111-2222222222222222-01";
      const { say, answer } = startBridge(home, [server.url], { env: TRACE });
      say(...(era === "legacy" ? [initialize(), INITIALIZED] : [DISCOVER]));
      say(
        request(1, "tools/call", {
          name: "x",
          _meta: { ...(era === "modern" ? META : {}), traceparent: own },
        }),
      );
      await answer(1);
      expect(latest().traceparent).toBe(own);
    });
});
