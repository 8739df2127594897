// An authorization server that has moved: what is known of it is asked anew before a token request fails for that.
import { expect, test } from "bun:test";
import type { AuthState, Credentials } from "../../../lib/auth/credentials.ts";
import { issue } from "../../../lib/auth/tokens/issue.ts";
import { type Scripted, scriptedDeps } from "../scripted-fetch.ts";

const SERVER = "https://mcp.example/mcp";
const PRM = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
const AS = "https://as.example";
const METADATA = `${AS}/.well-known/oauth-authorization-server`;
const [OLD, NEW] = [`${AS}/token`, "https://tokens.as.example/token"];
const credentials: Credentials = {
  grant: "client-credentials",
  clientId: "id",
  authentication: { kind: "secret", secret: { from: "value", value: "s3cr3t-value" } },
};

const refused = () => {
  throw Object.assign(new Error("no"), { code: "ECONNREFUSED" });
};
const GONE: [words: string, gone: Scripted][] = [
  ["refuses connections", refused],
  ["is not there", 404],
  ["is gone", 410],
  ["is a page", new Response("<html>", { headers: { "content-type": "text/html" } })],
  ["has moved to another address", new Response(null, { status: 308, headers: { location: NEW } })],
];

/** A server that is known for an hour, and whose authorization server answers as given now. */
async function later(now: Record<string, Scripted>, of = credentials) {
  const script: Record<string, Scripted> = {
    [SERVER]: 401,
    [PRM]: { resource: SERVER, authorization_servers: [AS] },
    [METADATA]: { issuer: AS, token_endpoint: OLD },
    [NEW]: { access_token: "new", token_type: "Bearer" },
    ...now,
  };
  const { deps, asked, state, pass } = scriptedDeps(script);
  const known: AuthState = {
    discovered: {
      resource: SERVER,
      issuer: AS,
      tokenEndpoint: OLD,
      discoveredAtMs: deps.now() - 3_600_000,
    },
  };
  await deps.write(() => known);
  const begin = () =>
    issue(deps, { server: SERVER, credentials: of, reason: {}, startedMs: deps.now(), jitter: 0 });
  return { asked, state, begin, script, pass };
}

for (const [words, gone] of GONE) {
  test(`a token endpoint that ${words} is looked for anew, and the one found asked`, async () => {
    const { asked, begin, state } = await later({
      [OLD]: gone,
      [METADATA]: { issuer: AS, token_endpoint: NEW },
    });
    expect((await begin())?.token.accessToken).toBe("new");
    expect(asked).toEqual([OLD, SERVER, PRM, METADATA, NEW]);
    expect(state().discovered?.tokenEndpoint).toBe(NEW);
  });

  test(`a token endpoint that ${words} and is named still is asked once, and its own failure told`, async () => {
    const { asked, begin } = await later({ [OLD]: gone });
    await expect(begin()).rejects.toThrow("as.example");
    expect(asked.filter((url) => url === OLD)).toHaveLength(1);
    expect(asked.filter((url) => url === METADATA)).toHaveLength(1);
  });
}

test("an authorization server that a server names no more is told as moved, with what approves that", async () => {
  const elsewhere = { resource: SERVER, authorization_servers: ["https://new.example"] };
  const { begin, asked } = await later({ [OLD]: refused, [PRM]: elsewhere }, { ...credentials, issuer: AS });
  await expect(begin()).rejects.toMatchObject({ code: "issuer_moved" });
  expect(asked.filter((url) => url.startsWith("https://new.example"))).toEqual([]);
});

test("what can be reached nowhere fails as it did, and is asked anew the next time", async () => {
  const { begin, state } = await later({ [OLD]: refused, [SERVER]: refused });
  await expect(begin()).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining("as.example"),
  });
  expect(state().discovered?.discoveredAtMs).toBe(0);
});

test("an endpoint that the user has named is looked for nowhere", async () => {
  const { begin, asked } = await later(
    { [OLD]: refused },
    { ...credentials, tokenEndpoint: OLD, issuer: AS },
  );
  await expect(begin()).rejects.toMatchObject({ exitCode: 3 });
  expect(asked).toEqual([OLD]);
});

for (const [words, metadata] of [
  ["refuses connections", refused],
  ["is out of order", 503],
] as const)
  test(`a token endpoint that is back is asked although what names it ${words}`, async () => {
    const { begin, asked, script, state, pass } = await later({ [OLD]: 404, [METADATA]: metadata });
    const looks = () => asked.filter((url) => url === METADATA).length;
    for (const looked of [1, 2]) {
      await expect(begin()).rejects.toMatchObject({ code: "bad_token_answer" });
      expect(looks()).toBe(looked);
      pass(6000);
    }
    script[OLD] = { access_token: "old", token_type: "Bearer" };
    expect((await begin())?.token.accessToken).toBe("old");
    expect(looks()).toBe(3);
    // What could not be asked is asked the next time.
    expect(state().discovered?.discoveredAtMs).toBe(0);
  });

test("what names an authorization server and is in order is heeded, whatever was known", async () => {
  const { begin, asked, script, pass } = await later({ [OLD]: 404, [METADATA]: 503 });
  await expect(begin()).rejects.toMatchObject({ code: "bad_token_answer" });
  script[METADATA] = { issuer: "https://other.example", token_endpoint: NEW };
  pass(6000);
  await expect(begin()).rejects.toMatchObject({ code: "issuer_mismatch" });
  expect(asked.filter((url) => url === OLD)).toHaveLength(1);
  expect(asked).not.toContain(NEW);
});
