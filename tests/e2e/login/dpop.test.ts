// Tokens bound to a key (RFC 9449) on the executable, with real servers that want nonces.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { type GuardedServer, startGuardedServer } from "../../support/mcp/guarded-server.ts";
import { call, INITIALIZE, INITIALIZED } from "../../support/messages.ts";
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "../../support/oauth/authorization-server.ts";

let as: AuthorizationServer;
let mcp: GuardedServer;
const home = homeForEachTest();
beforeEach(async () => {
  as = await startAuthorizationServer({ dpop: { requireNonce: true } });
  mcp = await startGuardedServer({ issuer: as.issuer, jwksUri: as.jwksUri, nonces: true, digests: true });
  const { id, secret } = as.clients.basic;
  const env = { M2MCP_CLIENT_SECRET: secret };
  const login = await home.run(["login", mcp.url, "@svc", "--client-id", id, "--json"], { env });
  expect([login.code, JSON.parse(login.stdout).tokenType]).toEqual([0, "DPoP"]);
});
afterEach(async () => {
  await mcp.stop();
  await as.stop();
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
  const { say, answer } = startBridge(home, ["@svc"]);
  say(INITIALIZE);
  expect((await answer(1)).result.serverInfo.name).toBe("bound");
  say(INITIALIZED);
  const arrivals = as.arrivals();
  for (let round = 0; round < 4; round++) {
    mcp.rotateNonce();
    // Several that carry the old nonce at once, each of which is refused with the new one.
    const ids = Array.from({ length: 20 }, (_, at) => `${round}-${at}`);
    say(...ids.map((id) => call(id, "echo", { text: "x" })));
    for (const id of ids) expect((await answer(id)).result.content[0].text).toBe("x");
  }
  expect(as.arrivals()).toBe(arrivals);
});
