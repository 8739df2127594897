// Tokens bound to a key (RFC 9449) on the executable, with real servers that want nonces.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createInterface } from "node:readline";
import { createHome, type Home } from "../support/home.ts";
import { type GuardedServer, startGuardedServer } from "../support/mcp/guarded-server.ts";
import { type AuthorizationServer, startAuthorizationServer } from "../support/oauth/authorization-server.ts";

let as: AuthorizationServer;
let mcp: GuardedServer;
let home: Home;
beforeEach(async () => {
  home = createHome();
  as = await startAuthorizationServer({ dpop: { requireNonce: true } });
  mcp = await startGuardedServer({ issuer: as.issuer, jwksUri: as.jwksUri, nonces: true });
  const { id, secret } = as.clients.basic;
  const env = { M2MCP_CLIENT_SECRET: secret };
  const login = await home.run(["login", mcp.url, "@svc", "--client-id", id, "--json"], { env });
  expect([login.code, JSON.parse(login.stdout).tokenType]).toEqual([0, "DPoP"]);
});
afterEach(async () => {
  await mcp.stop();
  await as.stop();
  home.remove();
});

test("key and nonces are kept: a warm command is refused nothing and asks for no token", async () => {
  expect((await home.run(["@svc", "ping"])).code).toBe(0);
  const arrivals = as.arrivals();
  mcp.verdicts.length = 0;
  const { code, stdout } = await home.run(["@svc", "tools-call", "echo", "text=hello"]);
  expect([code, stdout.trim()]).toEqual([0, "hello"]);
  expect(new Set(mcp.verdicts)).toEqual(new Set(["ok"]));
  expect(as.arrivals()).toBe(arrivals);
});

test("a bridge goes on through nonces that change under many requests", async () => {
  const bridge = home.start(["bridge", "@svc"]);
  const answers = createInterface({ input: bridge.stdout })[Symbol.asyncIterator]();
  const send = (message: object) => bridge.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  const read = async () => JSON.parse((await answers.next()).value ?? "{}");
  const clientInfo = { name: "test", version: "1" };
  send({
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo },
  });
  expect((await read()).result.serverInfo.name).toBe("bound");
  send({ method: "notifications/initialized" });
  const arrivals = as.arrivals();
  for (let round = 0; round < 4; round++) {
    mcp.rotateNonce();
    for (let count = 0; count < 20; count++)
      send({
        id: round * 20 + count + 1,
        method: "tools/call",
        params: { name: "echo", arguments: { text: "x" } },
      });
    for (let count = 0; count < 20; count++) expect((await read()).result.content[0].text).toBe("x");
  }
  expect(as.arrivals()).toBe(arrivals);
  bridge.stdin.end();
});
