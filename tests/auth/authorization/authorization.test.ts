// Tokens over their life, with a real authorization server and a clock that the test sets.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import { createAuthorization } from "../../../lib/auth/authorization/authorization.ts";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import type { M2mcpError } from "../../../lib/failure.ts";
import { listen } from "../../support/net/listen.ts";
import { sleep } from "../../support/waiting.ts";
import { startWorld, type World } from "../../support/world.ts";
import { memoryDeps } from "../memory-deps.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ tokenTtlS: 600 });
});
afterAll(() => world.end());

function setUp() {
  const { deps, state, pass, logged } = memoryDeps();
  const { id, secret } = world.as.clients.basic;
  const credentials: Credentials = {
    grant: "client-credentials",
    clientId: id,
    authentication: { kind: "secret", secret: { from: "value", value: secret } },
  };
  const open = (given = credentials) =>
    createAuthorization(deps, { server: world.mcp.url, credentials: given });
  return { deps, credentials, open, state, pass, logged };
}
const ask = () => ({ method: "POST", url: world.mcp.url });
const refused = (
  sent: Record<string, string>,
  status = 401,
  wwwAuthenticate = "Bearer error=invalid_token",
) => ({ ...ask(), refusal: { status, wwwAuthenticate, sent } });
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

test("a token is renewed shortly before its end, and nobody waits for that", async () => {
  const { open, pass } = setUp();
  const authorization = open();
  const { authorization: old = "" } = await authorization.headers(ask());
  pass(400_000);
  expect((await counted(() => authorization.headers(ask()))).tokenRequests).toBe(0);
  pass(170_000);
  const { tokenRequests } = await counted(async () => {
    const sent = await Promise.all(Array.from({ length: 20 }, () => authorization.headers(ask())));
    expect(new Set(sent.map((one) => one.authorization))).toEqual(new Set([old]));
    await authorization.end();
  });
  expect(tokenRequests).toBe(1);
  expect((await authorization.headers(ask())).authorization).not.toBe(old);
  expect((await open().headers(ask())).authorization).not.toBe(old);
});

describe("an authorization server that is dead", () => {
  afterEach(() => world.as.setTrouble(null));

  for (const trouble of ["unavailable", "hang"] as const)
    test(`an authorization server that is dead (${trouble}) does not hurt while the token is good, nor is it asked again and again`, async () => {
      const { open, pass, state } = setUp();
      const authorization = open();
      const { authorization: good = "" } = await authorization.headers(ask());
      pass(570_000);
      world.as.setTrouble(trouble);
      const before = world.as.arrivals();
      const startedMs = performance.now();
      for (let count = 0; count < 20; count++)
        expect((await authorization.headers(ask())).authorization).toBe(good);
      expect(performance.now() - startedMs).toBeLessThan(1000);
      await authorization.end();
      expect(performance.now() - startedMs).toBeLessThan(4000);
      expect(world.as.arrivals() - before).toBe(1);
      expect(state().token?.accessToken).toBe(good.slice(7));
      // Other processes hold back too, for a while.
      const other = open();
      await other.headers(ask());
      await other.end();
      expect(world.as.arrivals() - before).toBe(1);
      pass(21_000);
      world.as.setTrouble(null);
      const later = open();
      await later.headers(ask());
      await later.end();
      expect(world.as.arrivals() - before).toBe(2);
      expect(state().token?.accessToken).not.toBe(good.slice(7));
    });

  test("an authorization server that is dead before the token's end is asked again once a token is needed", async () => {
    const { open, pass } = setUp();
    await open().headers(ask());
    pass(599_000);
    world.as.setTrouble("unavailable");
    const early = open();
    await early.headers(ask());
    await early.end();
    // It is well again: who has no token any more does not hear of the failure that hurt nobody.
    world.as.setTrouble(null);
    pass(1100);
    expect((await open().headers(ask())).authorization).toMatch(/^Bearer /);
  });

  test("an authorization server that is dead is told of once the token is over, and not asked by all who come at once", async () => {
    const { open, pass } = setUp();
    await open().headers(ask());
    pass(601_000);
    world.as.setTrouble("unavailable");
    const before = world.as.arrivals();
    const all = Array.from({ length: 20 }, () =>
      open()
        .headers(ask())
        .catch((error: M2mcpError) => error.code),
    );
    expect(await Promise.all(all)).toEqual(Array(20).fill("http_status"));
    // Who starts a moment later gets the same answer; who starts after that asks.
    await expect(open().headers(ask())).rejects.toThrow("503");
    expect(world.as.arrivals() - before).toBe(1);
    pass(6000);
    await expect(open().headers(ask())).rejects.toThrow("503");
    expect(world.as.arrivals() - before).toBe(2);
  });
});

test("a token that lives for seconds is renewed at its own pace", async () => {
  world.as.setTokenTtl(5);
  const { open, pass } = setUp();
  const authorization = open();
  await authorization.headers(ask());
  const { tokenRequests } = await counted(async () => {
    for (let tenth = 0; tenth < 100; tenth++) {
      pass(100);
      await authorization.headers(ask());
      await sleep(2);
    }
    await authorization.end();
  });
  world.as.setTokenTtl(600);
  // Ten seconds: a renewal every 2.5 s to 3.2 s of its own.
  expect(tokenRequests).toBeGreaterThanOrEqual(2);
  expect(tokenRequests).toBeLessThanOrEqual(5);
});

test("a token is not believed too long after sleep, and after the clock was set", async () => {
  const { open, pass } = setUp();
  const authorization = open();
  await authorization.headers(ask());
  pass(8 * 3_600_000);
  expect((await counted(() => authorization.headers(ask()))).tokenRequests).toBe(1);
  pass(-8 * 3_600_000);
  expect((await counted(() => authorization.headers(ask()))).tokenRequests).toBe(1);
});

test("a refused token is re-issued once for all; the new one refused too is reported, here and by others", async () => {
  const { open, pass } = setUp();
  const authorization = open();
  const sent = await Promise.all(Array.from({ length: 10 }, () => authorization.headers(ask())));
  const { result, tokenRequests } = await counted(() =>
    Promise.all(sent.map((one) => authorization.headers(refused(one)))),
  );
  expect(tokenRequests).toBe(1);
  expect(new Set(result.map((one) => one.authorization)).size).toBe(1);
  const asked = await counted(async () => {
    for (const one of result)
      await expect(authorization.headers(refused(one))).rejects.toThrow("does not accept");
    // A process that finds that token in the store does not ask either, however long ago the refusal was.
    pass(20_000);
    for (let count = 0; count < 3; count++) {
      const other = open();
      const tried = await other.headers(ask());
      expect(tried.authorization).toBe(result[0]?.authorization ?? "");
      await expect(other.headers(refused(tried))).rejects.toThrow("does not accept");
    }
  });
  expect(asked.tokenRequests).toBe(0);
});

test("a token issued upon a refusal counts as any other once it was accepted, also in another process", async () => {
  const { open, state } = setUp();
  const authorization = open();
  const first = await authorization.headers(ask());
  const second = await authorization.headers(refused(first));
  expect(state().token?.unproven).toBe(true);
  authorization.learn({ status: 200, headers: new Headers(), sent: second });
  await authorization.end();
  expect(state().token?.unproven).toBeUndefined();
  const other = open();
  const { tokenRequests } = await counted(async () => other.headers(refused(await other.headers(ask()))));
  expect(tokenRequests).toBe(1);
});

test("a failed token request is not repeated by who waited for it", async () => {
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
  const sent = await authorization.headers(ask());
  const stepUp = 'Bearer realm="x", DPoP algs="ES256", Bearer error="insufficient_scope", scope="mcp:write"';
  const more = await authorization.headers(refused(sent, 403, stepUp));
  expect(world.as.tokenRequests.at(-1)?.params.scope?.split(" ").sort()).toEqual(["mcp:read", "mcp:write"]);
  expect(state().steppedUpScope).toContain("mcp:write");
  await expect(authorization.headers(refused(more, 403, stepUp))).rejects.toThrow("forbids");
  // Remembered: the next process has the token with both.
  const { result, tokenRequests } = await counted(() => open().headers(ask()));
  expect([result, tokenRequests]).toEqual([more, 0]);
});

test("scopes that a challenge for another token names are asked for beside those had, but for what the user has named", async () => {
  const challenge = 'Bearer error="invalid_token", scope="mcp:write"';
  const asked = async (more: Partial<Credentials>) => {
    const { open, credentials } = setUp();
    const authorization = open({ ...credentials, ...more });
    await authorization.headers(refused(await authorization.headers(ask()), 401, challenge));
    return world.as.tokenRequests.at(-1)?.params.scope?.split(" ").sort();
  };
  expect(await asked({})).toEqual(["mcp:read", "mcp:write"]);
  expect(await asked({ scope: "mcp:read" })).toEqual(["mcp:read"]);
});

test("what another process gathers between two looks at the store is taken, not told as refused", async () => {
  const { deps, credentials, open } = setUp();
  const stepUp = 'Bearer error="insufficient_scope", scope="mcp:write"';
  let between: (() => Promise<unknown>) | undefined;
  const read: typeof deps.read = async (options) => {
    const seen = await deps.read(options);
    const meanwhile = between;
    between = undefined;
    await meanwhile?.();
    return seen;
  };
  const late = createAuthorization({ ...deps, read }, { server: world.mcp.url, credentials });
  const sent = await late.headers(ask());
  const other = open();
  const sentByOther = await other.headers(ask());
  between = () => other.headers(refused(sentByOther, 403, stepUp));
  const { result, tokenRequests } = await counted(() => late.headers(refused(sent, 403, stepUp)));
  expect(result.authorization).not.toBe(sent.authorization);
  expect(tokenRequests).toBe(1);
});

describe("scopes gathered once that are refused now", () => {
  const scopes: (string | null)[] = [];
  let server: Server;
  let origin = "";
  beforeEach(async () => {
    scopes.length = 0;
    server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      const scope = new URLSearchParams(body).get("scope");
      scopes.push(scope);
      const isRefused = scope !== "a";
      response.writeHead(isRefused ? 400 : 200, { "content-type": "application/json" });
      const granted = { access_token: "t", token_type: "Bearer" };
      response.end(JSON.stringify(isRefused ? { error: "invalid_scope" } : granted));
    });
    origin = `http://127.0.0.1:${await listen(server)}`;
  });
  afterEach(() => void server.close());

  /** Headers as a new process with scope `a` and `b` gathered would ask for them, and as the next one. */
  async function processes(grant: Credentials["grant"]) {
    const { deps, state } = memoryDeps();
    await deps.write(() => ({ steppedUpScope: "b" }));
    const authentication: Credentials["authentication"] =
      grant === "jwt-bearer"
        ? { kind: "none" }
        : { kind: "secret", secret: { from: "value", value: "secret" } };
    const credentials: Credentials = {
      grant,
      clientId: "id",
      authentication,
      assertion: { from: "value", value: "assertion" },
      tokenEndpoint: `${origin}/token`,
      scope: "a",
    };
    const url = `${origin}/mcp`;
    return {
      state,
      next: () => createAuthorization(deps, { server: url, credentials }).headers({ method: "POST", url }),
    };
  }

  test("scopes gathered once that are refused now are given up, and the first ones asked for", async () => {
    const { next, state } = await processes("client-credentials");
    expect(await next()).toEqual({ authorization: "Bearer t" });
    expect([scopes, state().steppedUpScope]).toEqual([["a b", "a"], undefined]);
  });

  test("scopes gathered once that are refused now end a jwt-bearer grant, which asks once; who comes next begins with the first ones", async () => {
    const { next, state } = await processes("jwt-bearer");
    await expect(next()).rejects.toThrow("invalid_scope");
    expect(scopes).toEqual(["a b"]);
    expect(await next()).toEqual({ authorization: "Bearer t" });
    expect([scopes, state().steppedUpScope]).toEqual([["a b", "a"], undefined]);
  });
});

test("credentials go to the issuer they are for, and tokens to the server they are for", async () => {
  const { open, credentials } = setUp();
  const moved = open({ ...credentials, issuer: "https://other.example" });
  const { result, tokenRequests } = await counted(() =>
    moved.headers(ask()).catch((error: M2mcpError) => error.code),
  );
  expect([result, tokenRequests]).toEqual(["issuer_moved", 0]);
  // Not of the one above, whose failure is remembered.
  const authorization = setUp().open();
  await authorization.headers(ask());
  const { host, pathname } = new URL(world.mcp.url);
  await expect(
    authorization.headers({ method: "POST", url: `http://127.0.0.1:9${pathname}` }),
  ).rejects.toMatchObject({
    code: "not_authorized",
    message: expect.stringContaining(`the credentials are for ${host}`),
  });
});
