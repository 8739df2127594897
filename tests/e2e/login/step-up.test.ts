// More scopes for some calls (MCP "Step-Up Authorization Flow"), with real servers and the executable.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { homeForEachTest } from "../../support/home.ts";
import { type GuardedServer, startGuardedServer } from "../../support/mcp/guarded-server.ts";
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "../../support/oauth/authorization-server.ts";

let as: AuthorizationServer;
let mcp: GuardedServer;
const home = homeForEachTest();
beforeEach(async () => {
  as = await startAuthorizationServer({
    scopes: ["a", "b", "c", "d"],
    tokenTtlS: 600,
    clients: [{ client_id: "limited", client_secret: "limited-secret", scope: "a b c" }],
  });
  mcp = await startGuardedServer({
    issuer: as.issuer,
    jwksUri: as.jwksUri,
    scopes: { one: "a", two: "b", three: "c", admin: "root", four: "d" },
  });
  const { id, secret } = as.clients.basic;
  const { code } = await home.run(["login", mcp.url, "@svc", "--client-id", id, "--scope", "a"], {
    env: { M2MCP_CLIENT_SECRET: secret },
  });
  expect(code).toBe(0);
});
afterEach(async () => {
  await mcp.stop();
  await as.stop();
});

const call = (tool: string) => home.run(["@svc", "tools-call", tool, "text=hi"]);
const scopes = () => as.tokenRequests.map(({ params }) => params.scope?.split(" ").sort().join(" "));

test("step-up is done once for the union, remembered by other processes, and forgotten at the next login", async () => {
  expect((await call("one")).code).toBe(0);
  expect(scopes()).toEqual(["a"]);
  expect((await call("two")).code).toBe(0);
  expect(scopes()).toEqual(["a", "a b"]);
  // Another process: the token with both is there.
  mcp.verdicts.length = 0;
  expect((await call("two")).code).toBe(0);
  expect((await call("one")).code).toBe(0);
  expect(mcp.verdicts).not.toContain("insufficient_scope");
  expect((await call("three")).code).toBe(0);
  expect(scopes()).toEqual(["a", "a b", "a b c"]);
  const { id, secret } = as.clients.basic;
  await home.run(["login", mcp.url, "@svc", "--client-id", id, "--scope", "a"], {
    env: { M2MCP_CLIENT_SECRET: secret },
  });
  expect(scopes().at(-1)).toBe("a");
});

test("step-up of many at once is one request", async () => {
  const runs = await Promise.all(Array.from({ length: 12 }, () => call("two")));
  expect(runs.map(({ code }) => code)).toEqual(Array(12).fill(0));
  expect(scopes()).toEqual(["a", "a b"]);
});

test("step-up that is not granted is an error that says so, and the token there is stays good", async () => {
  const refused = await call("admin");
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain("root");
  const before = as.tokenRequests.length;
  mcp.verdicts.length = 0;
  expect((await call("one")).code).toBe(0);
  expect(mcp.verdicts).not.toContain("invalid_token");
  expect(as.tokenRequests.length).toBe(before);
  // Nor is it asked for again and again.
  await Promise.all([call("admin"), call("admin"), call("admin")]);
  expect(as.tokenRequests.length).toBe(before);
});

test("step-up that the authorization server refuses is told, and the token there is stays good", async () => {
  const login = await home.run(["login", mcp.url, "@svc", "--client-id", "limited", "--scope", "a"], {
    env: { M2MCP_CLIENT_SECRET: "limited-secret" },
  });
  expect(login.code).toBe(0);
  const before = as.arrivals();
  const runs = await Promise.all([call("four"), call("four"), call("four")]);
  for (const { code, stderr } of runs) {
    expect(code).toBe(4);
    expect(stderr).toMatch(/wants more scopes for this call \(d\).*invalid_scope/);
  }
  expect(as.arrivals() - before).toBe(1);
  mcp.verdicts.length = 0;
  expect((await call("one")).code).toBe(0);
  expect(mcp.verdicts).not.toContain("invalid_token");
  expect(as.arrivals() - before).toBe(1);
});
