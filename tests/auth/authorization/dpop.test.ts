// DPoP (RFC 9449) with a real authorization server and a real MCP server that check every proof.
import { afterEach, describe, expect, test } from "bun:test";
import { decodeProtectedHeader } from "jose";
import { createAuthorization } from "../../../lib/auth/authorization/authorization.ts";
import { proofAlgorithm } from "../../../lib/auth/client/dpop.ts";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import { M2mcpError } from "../../../lib/failure.ts";
import type { Authorization } from "../../../lib/net/authorization.ts";
import {
  type GuardedServer,
  type GuardedServerOptions,
  startGuardedServer,
} from "../../support/mcp/guarded-server.ts";
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from "../../support/oauth/authorization-server.ts";
import { memoryDeps } from "../memory-deps.ts";

const BOUND = { client_id: "bound", client_secret: "bound-secret", dpop_bound_access_tokens: true };
const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
});

async function world(
  of: AuthorizationServerOptions,
  server: Partial<GuardedServerOptions> = {},
): Promise<{ as: AuthorizationServer; mcp: GuardedServer }> {
  const as = await startAuthorizationServer({ clients: [BOUND], ...of });
  const mcp = await startGuardedServer({ issuer: as.issuer, jwksUri: as.jwksUri, ...server });
  running.push(as, mcp);
  return { as, mcp };
}
const withSecret = (clientId: string, secret: string): Credentials => ({
  grant: "client-credentials",
  clientId,
  authentication: { kind: "secret", secret: { from: "value", value: secret } },
});
const plain = (as: AuthorizationServer) => withSecret(as.clients.basic.id, as.clients.basic.secret);

/** Calls the server as the protocol code does, until it neither asks for authorization nor gets any. */
async function call(authorization: Authorization, url: string): Promise<number> {
  let sent = await authorization.headers({ method: "POST", url });
  for (let tries = 0; tries < 6; tries++) {
    const { status, headers } = await fetch(url, {
      method: "POST",
      headers: { ...sent, "content-type": "application/json", accept: "application/json, text/event-stream" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    });
    authorization.learn({ status, headers, sent });
    if (status !== 401) return status;
    const refusal = { status, wwwAuthenticate: headers.get("www-authenticate"), sent };
    sent = await authorization.headers({ method: "POST", url, refusal });
  }
  throw new Error("it loops");
}

describe("where the server asks for it", () => {
  for (const inMetadata of [true, false])
    test(`DPoP wanted by the server's ${inMetadata ? "metadata" : "challenge"}: proofs are sent to both servers`, async () => {
      const { as, mcp } = await world({ dpop: { requireNonce: false } }, { inMetadata });
      const { deps, state } = memoryDeps();
      const authorization = createAuthorization(deps, { server: mcp.url, credentials: plain(as) });
      expect(await call(authorization, mcp.url)).toBe(200);
      expect(mcp.verdicts.at(-1)).toBe("ok");
      expect(state().token?.tokenType).toBe("DPoP");
      // The key is kept: another process goes on with the same token.
      const other = createAuthorization(deps, { server: mcp.url, credentials: plain(as) });
      mcp.verdicts.length = 0;
      expect(await call(other, mcp.url)).toBe(200);
      expect([mcp.verdicts, as.arrivals()]).toEqual([["ok"], 1]);
    });

  test("DPoP proofs have an algorithm that both servers know", async () => {
    const algs = ["PS256", "ES384"];
    const { as, mcp } = await world(
      { dpop: { requireNonce: false, algs } },
      { inMetadata: true, algs: ["ES384"] },
    );
    const { deps } = memoryDeps();
    const authorization = createAuthorization(deps, { server: mcp.url, credentials: plain(as) });
    const { dpop = "" } = await authorization.headers({ method: "POST", url: mcp.url });
    expect(decodeProtectedHeader(dpop).alg).toBe("ES384");
    expect(await call(authorization, mcp.url)).toBe(200);
    expect(proofAlgorithm([undefined, ["EdDSA"]])).toBe("EdDSA");
    expect(() => proofAlgorithm([["ES256"], ["XY1"]])).toThrow("XY1");
  });

  test("DPoP wanted by the token endpoint alone is done too, and then remembered", async () => {
    const { as, mcp } = await world({ dpop: { requireNonce: true } }, { inMetadata: false });
    const { deps, pass } = memoryDeps();
    const credentials = withSecret(BOUND.client_id, BOUND.client_secret);
    // The challenge of the server is kept from it, so that it has nothing but the refusal to go by.
    const deaf = {
      ...deps,
      fetch: (async (input: string, init: RequestInit) => {
        const response = await fetch(input, init);
        const headers = new Headers(response.headers);
        headers.delete("www-authenticate");
        return new Response(response.body, { status: response.status, headers });
      }) as typeof fetch,
    };
    const authorization = createAuthorization(deaf, { server: mcp.url, credentials });
    expect(await call(authorization, mcp.url)).toBe(200);
    // Refused without a proof, asked for a nonce, granted.
    expect(as.arrivals()).toBe(3);
    pass(3600_000);
    expect((await authorization.headers({ method: "POST", url: mcp.url })).dpop).toBeTruthy();
    expect(as.arrivals()).toBe(4);
  });

  test("--dpop insists: a server that knows nothing of it is an error", async () => {
    const { as, mcp } = await world({});
    const { deps } = memoryDeps();
    const insisting = createAuthorization(deps, {
      server: mcp.url,
      credentials: { ...plain(as), dpop: true },
    });
    const error = await insisting.headers({ method: "POST", url: mcp.url }).catch((caught) => caught);
    expect(error).toBeInstanceOf(M2mcpError);
    expect([error.code, error.hint]).toEqual(["not_bound", expect.stringContaining("leave out --dpop")]);
  });
});

describe("nonces", () => {
  test("DPoP nonces of both servers are learnt with one more request each, and kept for the next process", async () => {
    const { as, mcp } = await world({ dpop: { requireNonce: true } }, { inMetadata: true, nonces: true });
    const { deps, state } = memoryDeps();
    const first = createAuthorization(deps, { server: mcp.url, credentials: plain(as) });
    expect(await call(first, mcp.url)).toBe(200);
    expect(as.arrivals()).toBe(2);
    expect(mcp.verdicts.filter((one) => one !== "none")).toEqual(["use_dpop_nonce", "ok"]);
    await first.end();
    expect(Object.keys(state().dpop?.nonces ?? {}).sort()).toEqual(
      [as.issuer, new URL(mcp.url).origin].sort(),
    );
    mcp.verdicts.length = 0;
    const next = createAuthorization(deps, { server: mcp.url, credentials: plain(as) });
    expect(await call(next, mcp.url)).toBe(200);
    expect([mcp.verdicts, as.arrivals()]).toEqual([["ok"], 2]);
  });

  test("DPoP nonces that change while many requests are under way cost each at most one more", async () => {
    const { as, mcp } = await world({ dpop: { requireNonce: true } }, { inMetadata: true, nonces: true });
    const { deps } = memoryDeps();
    const authorization = createAuthorization(deps, { server: mcp.url, credentials: plain(as) });
    await call(authorization, mcp.url);
    for (let round = 0; round < 5; round++) {
      mcp.verdicts.length = 0;
      mcp.rotateNonce();
      const statuses = await Promise.all(Array.from({ length: 30 }, () => call(authorization, mcp.url)));
      expect(statuses).toEqual(Array(30).fill(200));
      expect(mcp.verdicts.filter((one) => one === "ok").length).toBe(30);
      expect(mcp.verdicts.length).toBeLessThanOrEqual(60);
    }
    expect(as.arrivals()).toBe(2);
  });

  test("DPoP nonces that are never good enough end in an error after one retry", async () => {
    const { as, mcp } = await world({ dpop: { requireNonce: false } }, { inMetadata: true, nonces: true });
    const { deps } = memoryDeps();
    const authorization = createAuthorization(deps, { server: mcp.url, credentials: plain(as) });
    await call(authorization, mcp.url);
    let sent = await authorization.headers({ method: "POST", url: mcp.url });
    const before = as.arrivals();
    const refuse = () =>
      authorization.headers({
        method: "POST",
        url: mcp.url,
        refusal: { status: 401, wwwAuthenticate: 'Bearer, DPoP error="use_dpop_nonce"', sent },
      });
    sent = await refuse();
    await expect(refuse()).rejects.toThrow("use_dpop_nonce");
    expect(as.arrivals()).toBe(before);
  });
});

test("DPoP key: a login by another process brings its own key, and the token goes with it", async () => {
  const { as, mcp } = await world({ dpop: { requireNonce: false } }, { inMetadata: true });
  const one = memoryDeps();
  const bridge = createAuthorization(one.deps, { server: mcp.url, credentials: plain(as) });
  await call(bridge, mcp.url);
  const other = memoryDeps();
  await call(createAuthorization(other.deps, { server: mcp.url, credentials: plain(as) }), mcp.url);
  await one.deps.write(() => other.state());
  one.pass(3590_000);
  mcp.verdicts.length = 0;
  expect(await call(bridge, mcp.url)).toBe(200);
  expect(mcp.verdicts.at(-1)).toBe("ok");
  expect(mcp.verdicts).not.toContain("invalid_token");
});
