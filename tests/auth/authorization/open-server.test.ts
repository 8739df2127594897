// Credentials around a server that wants none, and around servers of several issuers.
import { expect, test } from "bun:test";
import { createAuthorization } from "../../../lib/auth/authorization/authorization.ts";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import type { AuthDeps } from "../../../lib/auth/deps.ts";
import { type Scripted, scriptedDeps } from "../scripted-fetch.ts";

const server = "https://mcp.example/mcp";
const AS = "https://as.example";
const credentials: Credentials = {
  grant: "client-credentials",
  clientId: "id",
  authentication: { kind: "secret", secret: { from: "value", value: "s3cr3t-value" } },
};
const ask = { method: "POST", url: server };
const guarded = (issuer: string): Record<string, Scripted> => ({
  [server]: 401,
  "https://mcp.example/.well-known/oauth-protected-resource": {
    resource: server,
    authorization_servers: [issuer],
  },
  [`${issuer}/.well-known/oauth-authorization-server`]: { issuer, token_endpoint: `${issuer}/token` },
  [`${issuer}/token`]: () => ({ access_token: "t1", token_type: "Bearer", expires_in: 3600 }),
});

function open(script: Record<string, Scripted>, more: Partial<AuthDeps> = {}, given = credentials) {
  const world = scriptedDeps(script);
  const deps = { ...world.deps, ...more };
  const begin = () => createAuthorization(deps, { server, credentials: given });
  return { ...world, begin, script };
}

test("an open server gets its requests without a token, and is not searched for one again", async () => {
  const { begin, asked, requests } = open({ [server]: { jsonrpc: "2.0", id: 1, result: {} } });
  expect(await begin().headers(ask)).toEqual({});
  const before = asked.length;
  expect(await begin().headers(ask)).toEqual({});
  expect(asked.length).toBe(before);
  expect(requests.every((request) => !request.headers.has("authorization"))).toBe(true);
  // Some servers take no text for an id.
  expect(await requests[0]?.json()).toMatchObject({ id: expect.any(Number), method: "ping" });
});

test("an open server that refuses after all, and names nobody, is told as that", async () => {
  const { begin } = open({ [server]: 200 });
  const authorization = begin();
  const sent = await authorization.headers(ask);
  const refusal = { status: 401, wwwAuthenticate: null, sent };
  await expect(authorization.headers({ ...ask, refusal })).rejects.toThrow("names no authorization server");
});

test("an open server that begins to want a token gets one", async () => {
  const script: Record<string, Scripted> = { [server]: 200 };
  const { begin } = open(script);
  const authorization = begin();
  const sent = await authorization.headers(ask);
  Object.assign(script, guarded(AS));
  const refusal = { status: 401, wwwAuthenticate: "Bearer", sent };
  expect(await authorization.headers({ ...ask, refusal })).toEqual({ authorization: "Bearer t1" });
  expect(await begin().headers(ask)).toEqual({ authorization: "Bearer t1" });
});

test("an open server that forbids one call is no matter of tokens", async () => {
  const { begin, asked } = open({ [server]: 200 });
  const authorization = begin();
  const sent = await authorization.headers(ask);
  const before = asked.length;
  const refusal = { status: 403, wwwAuthenticate: null, sent, words: "not on sundays" };
  await expect(authorization.headers({ ...ask, refusal })).rejects.toThrow(
    "forbids the call: not on sundays",
  );
  expect(asked.length).toBe(before);
});

test("a server that wants a token and names nobody is an error at once", async () => {
  const { begin } = open({ [server]: 401 });
  await expect(begin().headers(ask)).rejects.toThrow("names no authorization server");
});

test("credentials that one issuer took go to no other one without the user's word", async () => {
  let taken: string | undefined;
  const takenBy = {
    read: async () => taken,
    write: async (issuer: string | undefined) => {
      taken = issuer;
    },
  };
  const first = open(guarded(AS), { takenBy });
  expect(await first.begin().headers(ask)).toEqual({ authorization: "Bearer t1" });
  expect(taken).toBe(AS);
  const other = "https://other.example";
  const second = open(guarded(other), { takenBy });
  const error = await second
    .begin()
    .headers(ask)
    .catch((caught) => caught);
  expect(error).toMatchObject({ code: "issuer_of_secret", hint: expect.stringContaining("--issuer") });
  expect(second.asked).not.toContain(`${other}/token`);
  const named = open(guarded(other), { takenBy }, { ...credentials, issuer: other });
  expect(await named.begin().headers(ask)).toEqual({ authorization: "Bearer t1" });
  // A token that the server refused is no proof of whose they are; the next one that is renewed is.
  const authorization = first.begin();
  const sent = await authorization.headers(ask);
  first.script[`${AS}/token`] = { access_token: "t2", token_type: "Bearer" };
  await authorization.headers({ ...ask, refusal: { status: 401, wwwAuthenticate: null, sent } });
  expect(taken).toBeUndefined();
  taken = `${AS}/`;
  expect(await open(guarded(AS), { takenBy }).begin().headers(ask)).toEqual({ authorization: "Bearer t1" });
});

test("a failure counts for who asks by the same way; one of the network for nobody later", async () => {
  let route = "a";
  const script = { ...guarded(AS), [`${AS}/token`]: 500 as Scripted };
  const { begin, asked, pass } = open(script, { route: () => route });
  const tokenRequests = () => asked.filter((url) => url === `${AS}/token`).length;
  await expect(begin().headers(ask)).rejects.toThrow("500");
  await expect(begin().headers(ask)).rejects.toThrow("500");
  expect(tokenRequests()).toBe(1);
  route = "b";
  await expect(begin().headers(ask)).rejects.toThrow("500");
  expect(tokenRequests()).toBe(2);
  // Refused connections: no answer to who comes a moment later.
  script[`${AS}/token`] = undefined as never;
  pass(6000);
  await expect(begin().headers(ask)).rejects.toThrow("refused");
  script[`${AS}/token`] = { access_token: "t2", token_type: "Bearer" };
  pass(1);
  expect(await begin().headers(ask)).toEqual({ authorization: "Bearer t2" });
});

test("a revoked token is replaced whatever the status that tells so", async () => {
  for (const status of [400, 401, 403]) {
    let issued = 0;
    const token = () => ({ access_token: `t${++issued}`, token_type: "Bearer" });
    const { begin } = open({ ...guarded(AS), [`${AS}/token`]: token });
    const authorization = begin();
    const sent = await authorization.headers(ask);
    const refusal = { status, wwwAuthenticate: 'Bearer error="invalid_token"', sent };
    expect(await authorization.headers({ ...ask, refusal })).toEqual({ authorization: "Bearer t2" });
  }
});

test("what a server says of itself is told where it names nobody, without the user's headers", async () => {
  const key = "gateway-k3y";
  const refused = () => Response.json({ message: `missing or wrong key ${key}` }, { status: 403 });
  const script: Record<string, Scripted> = {
    [server]: () => Response.json({ message: "tenant is suspended" }, { status: 401 }),
    "https://mcp.example/.well-known/oauth-protected-resource": refused,
  };
  const { begin } = open(script, { headerValues: [key] });
  const { message, hint } = await begin()
    .headers(ask)
    .catch((error) => error);
  expect(message).toContain("it says: tenant is suspended");
  expect(message).toContain("403: missing or wrong key …");
  expect(hint).toContain("--header");
});

test("a token refused in the body alone is replaced", async () => {
  let issued = 0;
  const token = () => ({ access_token: `t${++issued}`, token_type: "Bearer" });
  const { begin } = open({ ...guarded(AS), [`${AS}/token`]: token });
  const authorization = begin();
  const sent = await authorization.headers(ask);
  const refusal = { status: 403, wwwAuthenticate: null, words: "invalid_token: it was revoked", sent };
  expect(await authorization.headers({ ...ask, refusal })).toEqual({ authorization: "Bearer t2" });
});

test("a token refused for ever is asked for once more, whatever the status that tells so", async () => {
  for (const status of [400, 401, 403]) {
    let issued = 0;
    const token = () => ({ access_token: `t${++issued}`, token_type: "Bearer" });
    const { begin } = open({ ...guarded(AS), [`${AS}/token`]: token });
    const authorization = begin();
    const headers = new Headers({ "www-authenticate": 'Bearer error="invalid_token"' });
    for (let calls = 0; calls < 3; calls++) {
      let sent = await authorization.headers(ask);
      const refused = async () => {
        authorization.learn({ status, headers, sent });
        const refusal = { status, wwwAuthenticate: headers.get("www-authenticate"), sent };
        sent = await authorization.headers({ ...ask, refusal });
      };
      await expect(refused().then(refused)).rejects.toThrow("does not accept");
    }
    expect(issued).toBe(2);
  }
});
