// Tokens over their life, with a real authorization server and a clock that the test sets.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createAuthorization } from "../../lib/auth/authorization.ts";
import type { AuthDeps } from "../../lib/auth/deps.ts";
import { login } from "../../lib/auth/login.ts";
import type { AuthState, Credentials } from "../../lib/auth/types.ts";
import { M2mcpError } from "../../lib/errors.ts";
import { startWorld, type World } from "../e2e/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ tokenTtlS: 600 });
});
afterAll(() => world.end());

function setUp() {
  let state: AuthState = {};
  let nowMs = Date.now();
  let turn: Promise<unknown> = Promise.resolve();
  const deps: AuthDeps = {
    fetch,
    now: () => nowMs,
    read: async () => state,
    write: async (change) => {
      state = change(state);
    },
    withLock: (work) => {
      const mine = turn.then(work, work);
      turn = mine.catch(() => {});
      return mine;
    },
    timeoutMs: 5000,
    allowHttp: [],
    log() {},
  };
  const { id, secret } = world.as.clients.basic;
  const credentials: Credentials = {
    grant: "client-credentials",
    clientId: id,
    authentication: { kind: "secret", secret: { from: "value", value: secret } },
  };
  const open = (given = credentials) =>
    createAuthorization(deps, { server: world.mcp.url, credentials: given });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { deps, credentials, open, state: () => state, pass };
}
const ask = () => ({ method: "POST", url: world.mcp.url });
const counted = async <T>(work: () => Promise<T>) => {
  const before = world.as.tokenRequests.length;
  const result = await work();
  return { result, tokenRequests: world.as.tokenRequests.length - before };
};

test("one token request serves however many wait, and the next process", async () => {
  const { open } = setUp();
  const first = open();
  const { result, tokenRequests } = await counted(() =>
    Promise.all(Array.from({ length: 30 }, () => first.headers(ask()))),
  );
  expect(new Set(result.map(({ authorization }) => authorization)).size).toBe(1);
  expect(tokenRequests).toBe(1);
  expect((await counted(() => open().headers(ask()))).tokenRequests).toBe(0);
});

test("a token is re-issued shortly before its end", async () => {
  const { open, pass } = setUp();
  const authorization = open();
  const { authorization: old } = await authorization.headers(ask());
  pass(400_000);
  expect((await counted(() => authorization.headers(ask()))).tokenRequests).toBe(0);
  pass(180_000);
  const { result, tokenRequests } = await counted(() =>
    Promise.all([authorization.headers(ask()), authorization.headers(ask())]),
  );
  expect(tokenRequests).toBe(1);
  expect(result[0]?.authorization).not.toBe(old ?? "");
});

test("a good token outlives a dead authorization server; an ended one does not", async () => {
  const { open, pass, deps, credentials } = setUp();
  const { discovered } = await login(deps, { server: world.mcp.url, credentials });
  await deps.write((old) => ({
    ...old,
    discovered: { ...discovered, tokenEndpoint: "http://127.0.0.1:1/token" },
  }));
  const authorization = open();
  pass(590_000);
  expect((await authorization.headers(ask())).authorization).toStartWith("Bearer ");
  pass(20_000);
  const error = await authorization.headers(ask()).catch((caught) => caught);
  expect(error).toBeInstanceOf(M2mcpError);
  expect(error.exitCode).toBe(3);
});

test("a refused token is re-issued once; a fresh one that is refused is reported", async () => {
  const { open, pass } = setUp();
  const authorization = open();
  const { authorization: old = null } = await authorization.headers(ask());
  pass(60_000);
  const refusal = {
    status: 401,
    wwwAuthenticate: "Bearer error=invalid_token",
    dpopNonce: null,
    authorization: old,
  };
  const { result, tokenRequests } = await counted(() =>
    Promise.all(Array.from({ length: 10 }, () => authorization.headers({ ...ask(), refusal }))),
  );
  expect(tokenRequests).toBe(1);
  const again = authorization.headers({
    ...ask(),
    refusal: { ...refusal, authorization: result[0]?.authorization ?? null },
  });
  await expect(again).rejects.toThrow("does not accept");
});

test("who waited for a failed request does not repeat it", async () => {
  const { open, credentials } = setUp();
  const wrong: Credentials = {
    ...credentials,
    authentication: { kind: "secret", secret: { from: "value", value: "wrong" } },
  };
  const { result, tokenRequests } = await counted(() =>
    Promise.all(
      Array.from({ length: 20 }, () =>
        open(wrong)
          .headers(ask())
          .catch((error: M2mcpError) => error.code),
      ),
    ),
  );
  expect(result).toEqual(Array(20).fill("token_refused"));
  expect(tokenRequests).toBe(1);
});

test("more scopes are asked for once, together with those had, and remembered", async () => {
  const { open, state } = setUp();
  const authorization = open();
  const { authorization: old = null } = await authorization.headers(ask());
  const refusal = {
    status: 403,
    wwwAuthenticate: 'Bearer error="insufficient_scope", scope="mcp:write"',
    dpopNonce: null,
    authorization: old,
  };
  await authorization.headers({ ...ask(), refusal });
  expect(world.as.tokenRequests.at(-1)?.params.scope?.split(" ").sort()).toEqual(["mcp:read", "mcp:write"]);
  expect(state().steppedUpScope).toContain("mcp:write");
  await expect(authorization.headers({ ...ask(), refusal })).rejects.toThrow("forbids");
});

test("credentials go to the issuer they are for, and tokens to the server they are for", async () => {
  const { open, credentials } = setUp();
  const moved = open({ ...credentials, issuer: "https://other.example" });
  const { result, tokenRequests } = await counted(() =>
    moved.headers(ask()).catch((error: M2mcpError) => error.code),
  );
  expect([result, tokenRequests]).toEqual(["issuer_moved", 0]);
  await expect(open().headers({ method: "POST", url: "http://127.0.0.1:9/mcp" })).rejects.toThrow(
    "credentials are for",
  );
});
