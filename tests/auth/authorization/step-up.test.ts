// What is asked for where a call wants more scopes (MCP "Step-Up Authorization Flow").
import { expect, test } from "bun:test";
import { createAuthorization } from "../../../lib/auth/authorization/authorization.ts";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import { scriptedDeps } from "../scripted-fetch.ts";

const server = "https://mcp.example/mcp";
const tokenEndpoint = "https://as.example/token";
const credentials: Credentials = {
  grant: "client-credentials",
  clientId: "id",
  authentication: { kind: "secret", secret: { from: "value", value: "s3cr3t-value" } },
  tokenEndpoint,
};
const ask = { method: "POST", url: server };

const challengeFor = (scope: string) => `Bearer error="insufficient_scope", scope="${scope}"`;

/** An authorization server that says the same of the scope of each token, and what it was asked for. */
function setUp(scope?: string) {
  const scopes: (string | null)[] = [];
  let issued = 0;
  const { deps, requests } = scriptedDeps({
    [tokenEndpoint]: () => ({
      access_token: `t${++issued}`,
      token_type: "Bearer",
      ...(scope === undefined ? {} : { scope }),
    }),
  });
  const open = () => createAuthorization(deps, { server, credentials });
  const authorization = open();
  return {
    open,
    first: () => authorization.headers(ask),
    more: (sent: Record<string, string>, wanted: string, by = authorization) =>
      by.headers({ ...ask, refusal: { status: 403, wwwAuthenticate: challengeFor(wanted), sent } }),
    accepted: (sent: Record<string, string>) =>
      authorization.learn({ status: 200, headers: new Headers(), sent }),
    async asked() {
      for (const request of requests.splice(0))
        scopes.push(new URLSearchParams(await request.text()).get("scope"));
      return scopes;
    },
  };
}

test("the scopes that a server grants by itself, and those gathered before, are asked for with each further one", async () => {
  // It names neither of those gathered in its answers, as one does that has other names for them.
  const { first, more, accepted, asked } = setUp("base");
  const second = await more(await first(), "x");
  accepted(second);
  accepted(await more(second, "y"));
  expect(await asked()).toEqual([null, "base x", "base x y"]);
});

test("a server that wants another scope each time is given up, and calls that it accepts begin anew", async () => {
  const { first, more, accepted } = setUp();
  const upTo = async (names: string[]) => {
    let sent = await first();
    for (const name of names) sent = await more(sent, name);
    return sent;
  };
  await expect(upTo(["a", "b", "c", "d"])).rejects.toMatchObject({ code: "forbidden" });
  accepted(await first());
  accepted(await upTo(["e", "f", "g"]));
  await expect(upTo(["h", "i", "j", "k"])).rejects.toThrow("it wants more scopes each time");
});

test("what another process has gathered meanwhile is taken where a call with the token before is refused", async () => {
  const { open, first, more, asked } = setUp();
  const here = open();
  const before = await here.headers(ask);
  const gathered = await more(await first(), "x");
  expect(await more(before, "x", here)).toEqual(gathered);
  expect(gathered).not.toEqual(before);
  expect(await asked()).toEqual([null, "x"]);
});

const PRM = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
const UNNAMED = 'Bearer error="insufficient_scope"';

/** A call refused for its scope, by a challenge that names none, at a server whose metadata names these. */
async function refusedUnnamed(
  scopes: unknown,
  {
    of = {},
    grants = true,
    challenge = UNNAMED,
    place = PRM,
  }: { of?: Partial<Credentials>; grants?: boolean; challenge?: string; place?: string } = {},
) {
  let issued = 0;
  const { deps, requests, asked, pass } = scriptedDeps({
    [place]: { resource: server, scopes_supported: scopes },
    [tokenEndpoint]: () =>
      issued++ === 0 || grants
        ? { access_token: `t${issued}`, token_type: "Bearer", ...(issued === 1 ? { scope: "base" } : {}) }
        : Response.json({ error: "invalid_scope" }, { status: 400 }),
  });
  const open = () => createAuthorization(deps, { server, credentials: { ...credentials, ...of } });
  const authorization = open();
  const refusedWith = (sent: Record<string, string>, by = authorization) =>
    by.headers({ ...ask, refusal: { status: 403, wwwAuthenticate: challenge, sent } });
  const outcome = await refusedWith(await authorization.headers(ask)).catch((error: unknown) => error);
  const count = (url: string) => asked.filter((one) => one === url).length;
  const lastRequest = requests.findLast(({ url }) => url === tokenEndpoint);
  const last = new URLSearchParams(await lastRequest?.clone().text());
  return {
    outcome,
    refusedWith,
    open,
    pass,
    tokens: () => count(tokenEndpoint),
    metadata: () => count(place),
    scope: last.get("scope"),
    /** One more call that is accepted, and one that is refused. */
    async again(by = authorization) {
      const sent = await by.headers(ask);
      by.learn({ status: 200, headers: new Headers(), sent });
      return refusedWith(sent, by).catch((error: unknown) => error);
    },
  };
}

test("where a challenge names no scope, those that the server's metadata names are asked for, once", async () => {
  const { outcome, scope, refusedWith, tokens } = await refusedUnnamed(["base", "files:write", "openid"]);
  expect(outcome).toEqual({ authorization: "Bearer t2" });
  expect(scope).toBe("base files:write");
  // Refused all the same: there is no more to ask for.
  const refused = await refusedWith(outcome as Record<string, string>).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "forbidden", message: expect.not.stringContaining("files:write") });
  expect(tokens()).toBe(2);
});

test("a challenge that names no scope names where the metadata is that does", async () => {
  const place = "https://mcp.example/elsewhere";
  const challenge = `${UNNAMED}, resource_metadata="${place}"`;
  const { outcome, scope, metadata } = await refusedUnnamed(["base", "write"], { challenge, place });
  expect(outcome).toEqual({ authorization: "Bearer t2" });
  expect([scope, metadata()]).toEqual(["base write", 1]);
});

for (const [what, challenge, code] of [
  ["that a challenge names", challengeFor("write"), "step_up_refused"],
  ["that the metadata names alone", UNNAMED, "forbidden"],
] as const)
  test(`scopes ${what}, once refused, are asked for once a minute, by however many calls and processes`, async () => {
    const world = await refusedUnnamed(["base", "write"], { grants: false, challenge });
    const looks = challenge === UNNAMED ? 1 : 0;
    expect(world.outcome).toMatchObject({ code });
    for (let calls = 1; calls < 6; calls++) {
      world.pass(9000);
      expect(await world.again()).toMatchObject({ code, message: expect.not.stringContaining("each time") });
    }
    expect([world.tokens(), world.metadata()]).toEqual([2, looks]);
    expect(await world.again(world.open())).toMatchObject({ code });
    expect(world.tokens()).toBe(2);
    world.pass(16_000);
    expect(await world.again()).toMatchObject({ code });
    expect([world.tokens(), world.metadata()]).toEqual([3, looks * 3]);
  });

for (const [why, scopes, more] of [
  ["the metadata names no more", ["base"], {}],
  ["the metadata names none", undefined, {}],
  ["the user has said which scopes are asked for", ["base", "admin"], { of: { scope: "base" } }],
] as const)
  test(`a challenge that names no scope is final where ${why}`, async () => {
    const { outcome, tokens } = await refusedUnnamed(scopes, more);
    expect(outcome).toMatchObject({
      code: "forbidden",
      message: expect.stringContaining("insufficient_scope"),
    });
    expect(tokens()).toBe(1);
  });

test("scopes that a challenge does not name, and that are not granted, are not said to be wanted", async () => {
  const { outcome, tokens } = await refusedUnnamed(["base", "admin"], { grants: false });
  expect(outcome).toMatchObject({ code: "forbidden", message: expect.not.stringContaining("admin") });
  expect(tokens()).toBe(2);
});
