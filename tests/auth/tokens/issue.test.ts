// Tokens that are asked for, and what may happen meanwhile.
import { expect, test } from "bun:test";
import { createAuthorization } from "../../../lib/auth/authorization/authorization.ts";
import type { Credentials, Token } from "../../../lib/auth/credentials.ts";
import { usableToken } from "../../../lib/auth/tokens/bound-token.ts";
import { issue } from "../../../lib/auth/tokens/issue.ts";
import { scriptedDeps } from "../scripted-fetch.ts";

const server = "https://mcp.example/mcp";
const tokenEndpoint = "https://as.example/token";
const credentialsOf = (clientId: string): Credentials => ({
  grant: "client-credentials",
  clientId,
  authentication: { kind: "none" },
  tokenEndpoint,
});

test("a login that comes while a token is asked for has its own token sent, not that of the login before", async () => {
  let current = credentialsOf("before");
  const asked: string[] = [];
  const { deps, requests, state } = scriptedDeps({
    [tokenEndpoint]: () => ({ access_token: `token-${requests.length}`, token_type: "Bearer" }),
  });
  const fetching: typeof fetch = Object.assign(
    async (input: RequestInfo | URL, init?: RequestInit) => {
      asked.push(new URLSearchParams(String(init?.body)).get("client_id") ?? "");
      current = credentialsOf("after");
      return deps.fetch(input, init);
    },
    { preconnect: fetch.preconnect },
  );
  const issued = await issue(
    { ...deps, fetch: fetching, reload: async () => current },
    { server, credentials: current, reason: {}, startedMs: deps.now(), jitter: 0 },
  );
  expect(asked).toEqual(["before", "after"]);
  expect([issued?.token.accessToken, state().token?.accessToken]).toEqual(["token-2", "token-2"]);
});

test("a token that is bound to a key is of no use without it", () => {
  const token: Token = { accessToken: "t", tokenType: "DPoP", issuedAtMs: 0 };
  const dpop = { jwk: { x: "x" }, nonces: {} };
  expect(usableToken({ token }, {}, 0, 0)).toBeUndefined();
  expect(usableToken({ token, dpop }, {}, 0, 0)).toMatchObject({ token, key: dpop });
  expect(usableToken({ token: { ...token, tokenType: "Bearer" }, dpop }, {}, 0, 0)?.key).toBeUndefined();
});

/** A clock that the test alone moves: what is held for a second less must be, however busy the machine is. */
const STILL = () => 1_764_000_000_000;

test("a time that a token endpoint asks to wait holds all who come within it, a minute at most", async () => {
  for (const [seconds, heldS] of [
    [20, 20],
    [3600, 60],
    [1, 5],
  ] as const) {
    const busy = new Response(null, { status: 429, headers: { "retry-after": `${seconds}` } });
    const { deps, asked, pass } = scriptedDeps({ [tokenEndpoint]: busy }, STILL);
    const of = { server, credentials: credentialsOf("id"), reason: {}, jitter: 0 };
    // Less than is asked for, so that no wait is within it.
    const begin = () => issue({ ...deps, timeoutMs: 500 }, { ...of, startedMs: deps.now() });
    await expect(begin()).rejects.toMatchObject({ code: "busy", exitCode: 2 });
    pass((heldS - 1) * 1000);
    await expect(begin()).rejects.toMatchObject({
      code: "busy",
      hint: expect.stringContaining("try again after"),
    });
    expect(asked).toHaveLength(1);
    pass(1500);
    await expect(begin()).rejects.toMatchObject({ code: "busy" });
    expect(asked).toHaveLength(2);
  }
});

test("a renewal that is asked to wait is made again after that time, no sooner", async () => {
  let isBusy = false;
  const answer = () =>
    isBusy
      ? new Response(null, { status: 429, headers: { "retry-after": "40" } })
      : { access_token: "t", token_type: "Bearer", expires_in: 600 };
  const { deps, asked, pass } = scriptedDeps({ [tokenEndpoint]: answer }, STILL);
  const credentials = credentialsOf("id");
  const asks = async () => {
    const authorization = createAuthorization({ ...deps, timeoutMs: 500 }, { server, credentials });
    expect(await authorization.headers({ method: "POST", url: server })).toEqual({
      authorization: "Bearer t",
    });
    await authorization.end();
    return asked.length;
  };
  expect(await asks()).toBe(1);
  isBusy = true;
  // Within what each process waits for its renewal, however long that is.
  pass(556_000);
  expect(await asks()).toBe(2);
  pass(30_000);
  expect(await asks()).toBe(2);
  pass(11_000);
  expect(await asks()).toBe(3);
  // The token has ended by now, and somebody waits for the next.
  pass(20_000);
  await expect(asks()).rejects.toMatchObject({ code: "busy" });
  expect(asked).toHaveLength(3);
  pass(21_000);
  await expect(asks()).rejects.toMatchObject({ code: "busy" });
  expect(asked).toHaveLength(4);
});

test("renewals of several processes that one answer asks to wait are made again after that time, no sooner", async () => {
  const busy = new Response(null, { status: 429, headers: { "retry-after": "40" } });
  const { deps, asked, pass, state } = scriptedDeps({ [tokenEndpoint]: busy }, STILL);
  const token: Token = {
    accessToken: "t",
    tokenType: "Bearer",
    issuedAtMs: deps.now(),
    expiresAtMs: deps.now() + 600_000,
  };
  await deps.write(() => ({ token }));
  pass(556_000);
  const beginAll = () =>
    Promise.all(
      ["a", "b"].map(async () => {
        const of = { server, credentials: credentialsOf("id") };
        const authorization = createAuthorization({ ...deps, timeoutMs: 500 }, of);
        await authorization.headers({ method: "POST", url: server });
        await authorization.end();
      }),
    );
  await beginAll();
  expect(asked).toHaveLength(1);
  expect(state().renewNotBeforeMs).toBe(deps.now() + 40_000);
});
