import { expect, test } from "bun:test";
import { createAuthorization } from "../../../lib/auth/authorization/authorization.ts";
import type { Credentials, Token } from "../../../lib/auth/credentials.ts";
import { sleep } from "../../support/waiting.ts";
import { scriptedDeps } from "../scripted-fetch.ts";

const SERVER = "https://mcp.example.com/mcp";
const ISSUER = "https://login.example.com";
const credentials: Credentials = {
  grant: "client-credentials",
  clientId: "robot",
  authentication: { kind: "secret", secret: { from: "value", value: "s3cret" } },
};

test("a refusal is not answered with the refused token by a renewal that was under way", async () => {
  let issued = 0;
  const { deps } = scriptedDeps({
    "https://mcp.example.com/.well-known/oauth-protected-resource/mcp": {
      resource: SERVER,
      authorization_servers: [ISSUER],
    },
    [`${ISSUER}/.well-known/oauth-authorization-server`]: {
      issuer: ISSUER,
      token_endpoint: `${ISSUER}/token`,
    },
    [`${ISSUER}/token`]: () => ({
      access_token: `issued-${++issued}`,
      token_type: "Bearer",
      expires_in: 600,
    }),
  });
  const nowMs = deps.now();
  const token = (accessToken: string, ageMs: number): Token => ({
    accessToken,
    tokenType: "Bearer",
    issuedAtMs: nowMs - ageMs,
    expiresAtMs: nowMs - ageMs + 600_000,
  });
  await deps.write(() => ({ token: token("stale", 590_000) }));
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { withLock } = deps;
  deps.withLock = async (work) => {
    await gate;
    return withLock(work);
  };
  const authorization = createAuthorization(deps, { server: SERVER, credentials });
  const ask = { method: "POST", url: SERVER };
  const refused = (sent: Record<string, string>) => ({
    ...ask,
    refusal: { status: 401, wwwAuthenticate: "Bearer error=invalid_token", sent },
  });
  const first = await authorization.headers(ask);
  expect(first.authorization).toBe("Bearer stale");
  // Its renewal waits for the lock, under which another process has got the next one: revoked at once, as the first.
  await deps.write((old) => ({ ...old, token: token("others", 1000) }));
  const second = await authorization.headers(refused(first));
  expect(second.authorization).toBe("Bearer others");
  const third = authorization.headers(refused(second));
  await sleep(20);
  open();
  expect((await third).authorization).toBe("Bearer issued-1");
  await authorization.end();
});
