// A clock that is wrong by minutes, against servers whose clock is right.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { decodeJwt } from "jose";
import { createAuthorization } from "../../../lib/auth/authorization/authorization.ts";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import { type GuardedServer, startGuardedServer } from "../../support/mcp/guarded-server.ts";
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "../../support/oauth/authorization-server.ts";
import { makeKey } from "../key-forms.ts";
import { memoryDeps } from "../memory-deps.ts";

const MINUTES = 60_000;
let as: AuthorizationServer;
let mcp: GuardedServer;
beforeAll(async () => {
  as = await startAuthorizationServer({ dpop: { requireNonce: false }, tokenTtlS: 600 });
  mcp = await startGuardedServer({ issuer: as.issuer, jwksUri: as.jwksUri });
});
afterAll(async () => {
  await mcp.stop();
  await as.stop();
});

const byKey = (): Credentials => ({
  grant: "client-credentials",
  clientId: as.clients.jwt.id,
  authentication: {
    kind: "private_key",
    key: { from: "value", value: as.clients.jwt.privateKeyPem },
    keyId: as.clients.jwt.keyId,
  },
  tokenEndpoint: as.tokenEndpoint,
});
const ask = () => ({ method: "GET", url: mcp.url });

/**
 * Ours and the servers' clock, standing still in the middle of a second: `Date` has whole seconds, and how long an
 * answer took must not decide what is told.
 */
function stoppedClocks() {
  const nowMs = Math.floor(Date.now() / 1000) * 1000 + 500;
  const dated: typeof fetch = Object.assign(
    async (input: RequestInfo | URL, init?: RequestInit) => {
      const { body, status, headers } = await fetch(input, init);
      const answer = new Response(body, { status, headers });
      answer.headers.set("date", new Date(nowMs).toUTCString());
      return answer;
    },
    { preconnect: fetch.preconnect },
  );
  return memoryDeps({ fetch: dated }, () => nowMs);
}

for (const [words, offMs] of [
  ["behind", -10 * MINUTES],
  ["ahead", 10 * MINUTES],
] as const) {
  test(`a clock ${words} by 10 min: assertions and proofs are dated by the server's clock, tokens last as they should`, async () => {
    const { deps, pass, state, logged } = stoppedClocks();
    pass(offMs);
    const credentials: Credentials = { ...byKey(), dpop: true };
    const authorization = createAuthorization(deps, { server: mcp.url, credentials });
    const before = as.arrivals();
    const sent = await authorization.headers(ask());
    // One more request, in which the signature is dated right.
    expect(as.arrivals() - before).toBe(2);
    expect(logged.join()).toContain(`the clock here is 600 s ${words}`);
    const { iat = 0 } = decodeJwt(sent.dpop ?? "");
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(5);
    const { status } = await fetch(mcp.url, { method: "GET", headers: sent });
    expect(status).not.toBe(401);
    // Counted by the clock that is wrong: the token is over when it is 600 s old.
    pass(500_000);
    expect((await authorization.headers(ask())).authorization).toBe(sent.authorization ?? "");
    pass(101_000);
    const again = as.arrivals();
    await authorization.headers(ask());
    expect(state().clockSkewMs).toBeDefined();
    expect(as.arrivals() - again).toBe(2);
  });

  test(`a clock ${words} by 4 min: the MCP server alone finds the proof's time wrong`, async () => {
    const right = memoryDeps();
    const { id, secret } = as.clients.basic;
    const credentials: Credentials = {
      grant: "client-credentials",
      clientId: id,
      authentication: { kind: "secret", secret: { from: "value", value: secret } },
      tokenEndpoint: as.tokenEndpoint,
      dpop: true,
    };
    const authorization = createAuthorization(right.deps, { server: mcp.url, credentials });
    await authorization.headers(ask());
    right.pass(offMs * 0.4);
    const before = as.arrivals();
    let sent = await authorization.headers(ask());
    const statuses = [];
    for (let tries = 0; tries < 2; tries++) {
      const { status, headers } = await fetch(mcp.url, { method: "GET", headers: sent });
      statuses.push(status);
      authorization.learn({ status, headers, sent });
      if (status !== 401) break;
      const refusal = { status, wwwAuthenticate: headers.get("www-authenticate"), sent };
      sent = await authorization.headers({ ...ask(), refusal });
    }
    expect(statuses[0]).toBe(401);
    expect(statuses[1]).not.toBe(401);
    await authorization.end();
    expect(as.arrivals()).toBe(before);
  });
}

test("a clock that is wrong is no excuse for a wrong key, nor for the jwt-bearer grant", async () => {
  const { deps, pass } = memoryDeps();
  const wrong = makeKey("P-256").forms[0]?.text ?? "";
  const { authentication } = byKey();
  if (authentication.kind !== "private_key") throw new Error("no key");
  const credentials = {
    ...byKey(),
    authentication: { ...authentication, key: { from: "value", value: wrong } as const },
  };
  const refused = async () => {
    const before = as.arrivals();
    const authorization = createAuthorization(deps, { server: mcp.url, credentials });
    await expect(authorization.headers(ask())).rejects.toThrow("invalid_client");
    return as.arrivals() - before;
  };
  expect(await refused()).toBe(1);
  pass(10 * MINUTES);
  expect(await refused()).toBe(2);
  const grant: Credentials = {
    ...byKey(),
    grant: "jwt-bearer",
    assertion: { from: "value", value: "x" },
    dpop: true,
  };
  const before = as.arrivals();
  pass(10 * MINUTES);
  await expect(
    createAuthorization(deps, { server: mcp.url, credentials: grant }).headers(ask()),
  ).rejects.toThrow("refused");
  expect(as.arrivals() - before).toBe(1);
});
