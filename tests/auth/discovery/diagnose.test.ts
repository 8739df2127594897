import { expect, test } from "bun:test";
import type { Credentials, Token } from "../../../lib/auth/credentials.ts";
import { diagnose } from "../../../lib/auth/diagnosis/diagnose.ts";
import { scriptedDeps } from "../scripted-fetch.ts";

const SERVER = "https://mcp.example/mcp";
const NOW_NAMED = "https://as.example/realms/new";
const credentials: Credentials = {
  grant: "client-credentials",
  clientId: "id",
  authentication: { kind: "secret", secret: { from: "value", value: "s3cr3t-value" } },
};

test("an issuer that has moved within its origin stops doctor as it stops a call", async () => {
  const { deps, asked } = scriptedDeps({
    [SERVER]: 401,
    "https://mcp.example/.well-known/oauth-protected-resource/mcp": {
      resource: SERVER,
      authorization_servers: [NOW_NAMED],
    },
    "https://as.example/.well-known/oauth-authorization-server/realms/new": {
      issuer: NOW_NAMED,
      token_endpoint: `${NOW_NAMED}/token`,
    },
    [`${NOW_NAMED}/token`]: { access_token: "t", token_type: "Bearer" },
  });
  const walk = () => diagnose(deps, { server: SERVER, credentials }, () => {});
  expect(await walk()).toEqual({});
  const token: Token = { accessToken: "old", tokenType: "Bearer", issuedAtMs: deps.now() };
  const discovered = {
    resource: SERVER,
    issuer: "https://as.example/realms/old",
    tokenEndpoint: "https://as.example/realms/old/token",
    discoveredAtMs: deps.now(),
  };
  await deps.write(() => ({ token, discovered }));
  const before = asked.length;
  expect((await walk()).failed?.code).toBe("issuer_moved");
  expect(asked.slice(before)).not.toContain(`${NOW_NAMED}/token`);
});
