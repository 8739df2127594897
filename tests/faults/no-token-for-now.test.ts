// An authorization server that cannot issue a token for now, just as a stream is asked for: the stream comes later.
import { expect, test } from "bun:test";
import type { IncomingMessage, ServerResponse } from "node:http";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { json, says } from "../support/mcp/scripted.ts";
import { call, INITIALIZE, INITIALIZED } from "../support/messages.ts";
import { refuseToken, startScriptedWorld } from "../support/oauth/scripted-world.ts";
import { until } from "../support/waiting.ts";

const home = homeForEachTest();
const LIMIT_MS = 40_000;

const isResumption = ({ headers }: IncomingMessage) => headers["last-event-id"] === "7";
const INITIALIZED_AS = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: {} },
  serverInfo: { name: "s", version: "1" },
};

/** A legacy server that wants another token than the first for some streams; for one request none can be had. */
async function startServer(
  wantsOther: (request: IncomingMessage) => boolean,
  answer: (id: unknown, response: ServerResponse) => unknown = () => {},
) {
  const streams: { request: IncomingMessage; response: ServerResponse }[] = [];
  let [issued, refusals] = [0, 0];
  const world = home.owns(
    await startScriptedWorld({
      token(_params, response) {
        if (issued === 1 && refusals === 0) {
          refusals++;
          return refuseToken(response, "temporarily_unavailable", "back soon", 503);
        }
        return json(response, { access_token: `t${++issued}`, token_type: "Bearer", expires_in: 600 });
      },
      before(request, response, body) {
        const { authorization } = request.headers;
        if (request.url !== "/mcp" || !authorization) return false;
        if (request.method === "GET" && authorization === "Bearer t1" && wantsOther(request))
          response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end();
        else if (request.method === "GET") {
          response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
          streams.push({ request, response });
        } else {
          const { id, method } = JSON.parse(body);
          if (method === "initialize") json(response, { jsonrpc: "2.0", id, result: INITIALIZED_AS });
          else if (id === undefined) response.writeHead(202).end();
          else if (method === "server/discover") response.writeHead(400).end();
          else answer(id, response);
        }
        return true;
      },
    }),
  );
  const env = { M2MCP_CLIENT_SECRET: "right" };
  expect((await home.run(["login", world.url, "@a", "--client-id", "c"], { env })).code).toBe(0);
  return { streams, refusals: () => refusals };
}

test(
  "the standalone stream",
  async () => {
    const { streams, refusals } = await startServer(() => true);
    const bridge = startBridge(home, ["@a"]);
    bridge.say(INITIALIZE, INITIALIZED);
    await until(() => streams.length === 1, LIMIT_MS);
    expect(refusals()).toBe(1);
    await bridge.stop();
  },
  LIMIT_MS,
);

test(
  "the rest of a call's stream that was cut",
  async () => {
    const { streams, refusals } = await startServer(isResumption, (_id, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end("id: 7\nretry: 2000\ndata:\n\n");
    });
    const bridge = startBridge(home, ["@a"]);
    bridge.say(INITIALIZE, INITIALIZED);
    await bridge.answer(1);
    bridge.say(call(2));
    const resumed = () => streams.find(({ request }) => isResumption(request));
    await until(() => resumed() !== undefined, LIMIT_MS);
    resumed()?.response.end(`data: ${JSON.stringify({ jsonrpc: "2.0", id: 2, result: says("whole") })}\n\n`);
    expect((await bridge.answer(2)).result).toEqual(says("whole"));
    expect(refusals()).toBe(1);
    await bridge.stop();
  },
  LIMIT_MS,
);
