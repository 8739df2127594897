// Discovery goes on: what each place may answer, and where it must not lead.
import { describe, expect, test } from "bun:test";
import type { Discovered } from "../../../lib/auth/credentials.ts";
import { surveyAuthorization } from "../../../lib/auth/diagnosis/survey.ts";
import { discoverCached } from "../../../lib/auth/discovery/cached.ts";
import { discover } from "../../../lib/auth/discovery/discover.ts";
import { parseChallenges } from "../../../lib/net/challenge.ts";
import { type Scripted, scriptedDeps } from "../scripted-fetch.ts";

const SERVER = "https://mcp.example/mcp";
const AS = "https://as.example";
const PATH_PLACE = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
const ROOT_PLACE = "https://mcp.example/.well-known/oauth-protected-resource";
const AS_PLACE = `${AS}/.well-known/oauth-authorization-server`;
const OIDC_PLACE = `${AS}/.well-known/openid-configuration`;
const PRM = { resource: SERVER, authorization_servers: [AS] };
const METADATA = { issuer: AS, token_endpoint: `${AS}/token` };
const moved = (location: string, status = 302) => new Response(null, { status, headers: { location } });

interface Asked {
  server?: string;
  issuer?: string;
  challenge?: string;
}

async function discovered(
  script: Record<string, Scripted>,
  { server = SERVER, issuer, challenge }: Asked = {},
) {
  const { deps, asked } = scriptedDeps(script);
  const met = challenge === undefined ? undefined : parseChallenges(challenge)[0];
  const found = await discover(deps, server, issuer === undefined ? {} : { issuer }, met).catch(
    ({ code, message }) => ({ code, message }),
  );
  return { found, asked };
}

const GOOD = { tokenEndpoint: `${AS}/token` };

describe("a well-known place gives metadata or a reason to try the next", () => {
  for (const [words, bad] of [
    ["a status of 500", 500],
    ["a status of 403", 403],
    ["other JSON", { status: "ok" }],
    ["an error as JSON", { error: "not_found" }],
    ["a list", []],
    ["a page", new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["a redirect to another origin", moved("https://elsewhere.example/")],
    ["a redirect that has no end", moved("", 307)],
  ] as [string, Scripted][]) {
    test(`discovery goes on after ${words} at the resource's first place`, async () => {
      const script = { [PATH_PLACE]: bad, [ROOT_PLACE]: PRM, [AS_PLACE]: METADATA };
      expect((await discovered(script)).found).toMatchObject(GOOD);
    });

    test(`discovery goes on after ${words} at the authorization server's first place`, async () => {
      const script = { [PATH_PLACE]: PRM, [AS_PLACE]: bad, [OIDC_PLACE]: METADATA };
      expect((await discovered(script)).found).toMatchObject(GOOD);
    });

    test(`discovery goes on after ${words} where the challenge leads`, async () => {
      const script = { "https://mcp.example/prm": bad, [PATH_PLACE]: PRM, [AS_PLACE]: METADATA };
      const challenge = 'Bearer resource_metadata="https://mcp.example/prm"';
      expect((await discovered(script, { challenge })).found).toMatchObject(GOOD);
    });
  }

  for (const place of ["ftp://x/prm", "http://[bad", "urn:x"])
    test(`discovery goes on where the challenge leads to ${place}, which is not asked`, async () => {
      const script = { [PATH_PLACE]: PRM, [AS_PLACE]: METADATA };
      const challenge = `Bearer resource_metadata="${place}"`;
      const { found, asked } = await discovered(script, { challenge });
      expect(found).toMatchObject(GOOD);
      expect(asked).toEqual([PATH_PLACE, AS_PLACE]);
    });

  test("discovery takes a place in angle brackets", async () => {
    const script = { "https://mcp.example/prm": PRM, [AS_PLACE]: METADATA };
    const challenge = 'Bearer resource_metadata="<https://mcp.example/prm>"';
    expect((await discovered(script, { challenge })).found).toMatchObject(GOOD);
  });

  test("an issuer of the user's counts where the server's word is out of reach, which is asked for again", async () => {
    const script = { [PATH_PLACE]: undefined as unknown as Scripted, [AS_PLACE]: METADATA };
    expect((await discovered(script, { issuer: AS })).found).toMatchObject({ ...GOOD, discoveredAtMs: 0 });
    expect((await discovered(script)).found).toMatchObject({ code: "connection_failed" });
  });

  test("discovery follows redirects within the origin", async () => {
    const script = {
      [PATH_PLACE]: moved("/prm", 301),
      "https://mcp.example/prm": PRM,
      [AS_PLACE]: moved(`${AS}/meta`),
      [`${AS}/meta`]: METADATA,
    };
    expect((await discovered(script)).found).toMatchObject(GOOD);
  });

  test("discovery tells what is wrong with metadata before what is in the way of it", async () => {
    const other = { resource: "https://mcp.example/other", authorization_servers: [AS] };
    const { found } = await discovered({ [PATH_PLACE]: 502, [ROOT_PLACE]: other });
    expect(found).toMatchObject({ code: "resource_mismatch" });
    const wrong = { ...METADATA, issuer: "https://x.example" };
    const mismatch = await discovered({ [PATH_PLACE]: PRM, [AS_PLACE]: 502, [OIDC_PLACE]: wrong });
    expect(mismatch.found).toMatchObject({ code: "issuer_mismatch" });
    for (const status of [502, 429]) {
      const down = await discovered({ [PATH_PLACE]: PRM, [AS_PLACE]: status, [OIDC_PLACE]: 404 });
      expect(down.found).toMatchObject({ code: "http_status" });
      const unknown = await discovered({ [PATH_PLACE]: status });
      const message = `names no authorization server: mcp.example answered with HTTP status ${status}`;
      expect(unknown.found).toMatchObject({ message: expect.stringContaining(message) });
    }
  });

  test("discovery goes on after metadata without a token endpoint, and tells that where there is none", async () => {
    const partial = { issuer: AS };
    const script = { [PATH_PLACE]: PRM, [AS_PLACE]: partial, [OIDC_PLACE]: METADATA };
    expect((await discovered(script)).found).toMatchObject(GOOD);
    const { found } = await discovered({ ...script, [OIDC_PLACE]: partial });
    expect(found).toMatchObject({ message: expect.stringContaining("names no token endpoint") });
  });

  test("discovery asks a host that does not answer once", async () => {
    const { found, asked } = await discovered({ [PATH_PLACE]: PRM, [AS_PLACE]: undefined as never });
    expect(found).toMatchObject({ code: "connection_failed" });
    expect(asked.filter((url) => url.startsWith(AS))).toEqual([AS_PLACE]);
  });
});

describe("the issuer", () => {
  test("an issuer of the user's counts where the server names none", async () => {
    for (const prm of [{ resource: SERVER }, { ...PRM, authorization_servers: [] }, 404]) {
      const script = { [PATH_PLACE]: prm, [AS_PLACE]: METADATA };
      expect((await discovered(script, { issuer: AS })).found).toMatchObject(GOOD);
    }
  });

  test("an issuer is the server itself where none is named: its origin, else its own address", async () => {
    const own = (issuer: string) => ({ issuer, token_endpoint: "https://mcp.example/token" });
    const at = "https://mcp.example/.well-known/oauth-authorization-server";
    for (const script of [
      { [PATH_PLACE]: { resource: SERVER }, [at]: own("https://mcp.example") },
      { [`${at}/mcp`]: own(SERVER) },
      { "https://mcp.example/mcp/.well-known/openid-configuration": own(SERVER) },
    ])
      expect((await discovered(script)).found).toMatchObject({ tokenEndpoint: "https://mcp.example/token" });
    expect((await discovered({})).found).toMatchObject({ code: "no_authorization_server" });
  });

  test("an issuer that differs in the slash at its end is told as that, and --issuer with the slash works", async () => {
    const script = { [PATH_PLACE]: PRM, [AS_PLACE]: { ...METADATA, issuer: `${AS}/` } };
    const { deps } = scriptedDeps(script);
    const error = await discover(deps, SERVER, {}, undefined).catch((caught) => caught);
    expect(error).toMatchObject({
      code: "issuer_mismatch",
      hint: expect.stringContaining(`--issuer ${AS}/`),
    });
    expect((await discovered(script, { issuer: `${AS}/` })).found).toMatchObject({
      ...GOOD,
      issuer: `${AS}/`,
    });
  });

  test("of two spellings of an issuer the one that its metadata bears is taken", async () => {
    const script = { [PATH_PLACE]: { ...PRM, authorization_servers: [`${AS}/`, AS] }, [AS_PLACE]: METADATA };
    expect((await discovered(script)).found).toMatchObject({ ...GOOD, issuer: AS });
    const none = { ...script, [AS_PLACE]: { ...METADATA, issuer: "https://other.example" } };
    expect((await discovered(none)).found).toMatchObject({ code: "issuer_mismatch" });
  });

  test("an issuer that names no grant for machines gives way to one that does, else it is taken", async () => {
    const people = { issuer: "https://sso.example", token_endpoint: "https://sso.example/token" };
    const script = {
      [PATH_PLACE]: { ...PRM, authorization_servers: [people.issuer, AS] },
      [`${people.issuer}/.well-known/oauth-authorization-server`]: {
        ...people,
        grant_types_supported: ["authorization_code", "refresh_token"],
      },
      [AS_PLACE]: { ...METADATA, grant_types_supported: ["client_credentials"] },
    };
    expect((await discovered(script)).found).toMatchObject({ ...GOOD, issuer: AS });
    for (const other of [404, 500, { ...METADATA, grant_types_supported: ["authorization_code"] }]) {
      const { found } = await discovered({ ...script, [AS_PLACE]: other });
      expect(found).toMatchObject({ issuer: people.issuer });
    }
  });

  test("of a long list of issuers a few are asked", async () => {
    const many = Array.from({ length: 1000 }, (_, at) => `https://as${at}.example`);
    const script = { [PATH_PLACE]: { ...PRM, authorization_servers: many } };
    const { found, asked } = await discovered(script);
    expect(found).toMatchObject({ code: "no_metadata", message: expect.stringContaining(many[0] ?? "") });
    expect(asked.length).toBeLessThan(50);
    const survey = scriptedDeps({ [SERVER]: 401, ...script });
    await surveyAuthorization(survey.deps, SERVER);
    expect(survey.asked.length).toBeLessThan(50);
  });

  test("an issuer that is no address gives way to the next one named", async () => {
    const script = {
      [PATH_PLACE]: { ...PRM, authorization_servers: ["mailto:x", AS] },
      [AS_PLACE]: METADATA,
    };
    expect((await discovered(script)).found).toMatchObject(GOOD);
  });
});

test("a challenge whose scope is empty names none: those of the metadata are asked for", async () => {
  const script = { [PATH_PLACE]: { ...PRM, scopes_supported: ["mcp:read"] }, [AS_PLACE]: METADATA };
  const challenge = `Bearer scope="", resource_metadata="${PATH_PLACE}"`;
  expect((await discovered(script, { challenge })).found).toMatchObject({ scope: "mcp:read" });
});

test("a resource is asked for without the fragment that its metadata gives it", async () => {
  const prm = { ...PRM, resource: `${SERVER}#x` };
  const { found } = await discovered({ [PATH_PLACE]: prm, [AS_PLACE]: METADATA });
  expect(found).toMatchObject({ resource: SERVER });
});

test.each([undefined, "urn:mcp:x", "/mcp"])(
  "metadata about the resource %s, which is no address, leads to nothing that fails in the same way",
  async (resource) => {
    const { deps } = scriptedDeps({ [PATH_PLACE]: { ...PRM, resource }, [AS_PLACE]: METADATA });
    const { hint } = await discover(deps, SERVER, { issuer: AS }, undefined).catch((caught) => caught);
    expect(hint).toBe("tell the owner of the server, or give --token-endpoint URL");
  },
);

test("scopes that are about a person are not asked for by discovery alone", async () => {
  const scopes_supported = ["openid", "profile", "mcp:read", "offline_access"];
  const script = { [PATH_PLACE]: { ...PRM, scopes_supported }, [AS_PLACE]: METADATA };
  expect((await discovered(script)).found).toMatchObject({ scope: "mcp:read" });
  const challenge = `Bearer scope="openid", resource_metadata="${PATH_PLACE}"`;
  expect((await discovered(script, { challenge })).found).toMatchObject({ scope: "openid" });
});

describe("a server's query", () => {
  const server = `${SERVER}?tenant=a`;
  test("scopes are found in a text with blanks too", async () => {
    const prm = { ...PRM, scopes_supported: "openid mcp:read mcp:write" };
    const { found } = await discovered({ [PATH_PLACE]: prm, [AS_PLACE]: METADATA });
    expect(found).toMatchObject({ scope: "mcp:read mcp:write" });
  });

  test("a query is kept at the well-known place, and one of another tenant is refused", async () => {
    const at = (resource: string) => ({
      [`${PATH_PLACE}?tenant=a`]: { ...PRM, resource },
      [AS_PLACE]: METADATA,
    });
    for (const resource of [server, SERVER, "https://mcp.example"])
      expect((await discovered(at(resource), { server })).found).toMatchObject(GOOD);
    const other = await discovered(at(`${SERVER}?tenant=b`), { server });
    expect(other.found).toMatchObject({ code: "resource_mismatch" });
    expect(other.asked).not.toContain(AS_PLACE);
  });
});

describe("addresses that a server names", () => {
  const LINKS = {
    resource_metadata: (url: string) => ({ challenge: `Bearer resource_metadata="${url}"`, script: {} }),
    authorization_servers: (url: string) => ({
      script: { [PATH_PLACE]: { ...PRM, authorization_servers: [url] } },
    }),
    token_endpoint: (url: string) => ({
      script: { [PATH_PLACE]: PRM, [AS_PLACE]: { ...METADATA, token_endpoint: url } },
    }),
    "alias for mutual TLS": (url: string) => ({
      script: {
        [PATH_PLACE]: PRM,
        [AS_PLACE]: { ...METADATA, mtls_endpoint_aliases: { token_endpoint: url } },
      },
    }),
  };
  for (const [link, of] of Object.entries(LINKS)) {
    for (const inner of [
      "http://127.0.0.1:9/x",
      "https://127.0.0.1/x",
      "https://[::1]/x",
      "https://[::ffff:169.254.169.254]/x",
      "https://10.0.0.1/x",
      "http://a.localhost/x",
    ])
      test(`the ${link} of a public server does not lead to ${inner}`, async () => {
        const { script, ...more } = { challenge: "Bearer", ...of(inner) };
        const { found, asked } = await discovered(script, more);
        expect(found).toMatchObject({ code: "directed_inward" });
        expect(asked.filter((url) => url.startsWith(new URL(inner).origin))).toEqual([]);
      });

    for (const odd of [
      "file:///etc/passwd",
      "data:,x",
      "ftp://h/x",
      "javascript:1",
      "blob:https://x/1",
      "https://",
      "about:blank",
    ])
      test(`the ${link} that is ${odd} is refused in words`, async () => {
        const { script, ...more } = { challenge: "Bearer", ...of(odd) };
        expect((await discovered(script, more)).found).toMatchObject({ code: "invalid_metadata" });
      });
  }

  test("an address inside may be named by a server inside, and by the user", async () => {
    const inner = "https://10.0.0.1";
    const metadata = { issuer: inner, token_endpoint: `${inner}/token` };
    const script = (server: string) => ({
      [`${new URL(server).origin}/.well-known/oauth-protected-resource/mcp`]: {
        resource: server,
        authorization_servers: [inner],
      },
      [`${inner}/.well-known/oauth-authorization-server`]: metadata,
    });
    const neighbour = "https://192.168.0.1/mcp";
    const near = await discovered(script(neighbour), { server: neighbour });
    expect(near.found).toMatchObject({ tokenEndpoint: `${inner}/token` });
    expect((await discovered(script(SERVER))).found).toMatchObject({ code: "directed_inward" });
    const named = await discovered(script(SERVER), { issuer: inner });
    expect(named.found).toMatchObject({ tokenEndpoint: `${inner}/token` });
  });

  test("the place that a challenge names comes before the well-known ones, which may be out of date", async () => {
    const script = {
      "https://mcp.example/prm": PRM,
      [PATH_PLACE]: { ...PRM, authorization_servers: ["https://former.example"] },
      [AS_PLACE]: METADATA,
    };
    const { found, asked } = await discovered(script, { challenge: 'Bearer resource_metadata="/prm"' });
    expect(found).toMatchObject(GOOD);
    expect(asked).toEqual(["https://mcp.example/prm", AS_PLACE]);
  });

  test("a relative place of a challenge is one at the server", async () => {
    const script = { "https://mcp.example/prm": PRM, [AS_PLACE]: METADATA };
    expect((await discovered(script, { challenge: 'Bearer resource_metadata="/prm"' })).found).toMatchObject(
      GOOD,
    );
    const empty = { [PATH_PLACE]: PRM, [AS_PLACE]: METADATA };
    expect((await discovered(empty, { challenge: 'Bearer resource_metadata=""' })).found).toMatchObject(GOOD);
  });
});

describe("what is cached of an authorization server", () => {
  const HOUR = 3_600_000;
  for (const [words, agedMs, isUsed] of [
    ["counts for a day", 23 * HOUR, true],
    ["is asked for anew after it", 25 * HOUR, false],
    ["counts where clocks differ a little", -60_000, true],
    ["is asked for anew where a clock that was wrong dated it in the future", -HOUR, false],
  ] as const)
    test(words, async () => {
      const { deps, asked } = scriptedDeps({ [SERVER]: 401, [PATH_PLACE]: PRM, [AS_PLACE]: METADATA });
      const discovered: Discovered = {
        resource: SERVER,
        issuer: AS,
        tokenEndpoint: `${AS}/old`,
        discoveredAtMs: deps.now() - agedMs,
      };
      const credentials = {
        grant: "client-credentials",
        clientId: "id",
        authentication: { kind: "none" },
      } as const;
      const found = await discoverCached(deps, SERVER, credentials, { discovered }, undefined);
      expect([found?.tokenEndpoint, asked.length > 0]).toEqual([
        isUsed ? `${AS}/old` : `${AS}/token`,
        !isUsed,
      ]);
    });

  const credentials = {
    grant: "client-credentials",
    clientId: "id",
    authentication: { kind: "none" },
  } as const;
  const known = { resource: SERVER, issuer: AS, tokenEndpoint: `${AS}/token` };

  test("counts for that one alone: credentials for another are asked for there", async () => {
    const other = "https://other.example";
    const { deps } = scriptedDeps({
      [SERVER]: 401,
      [PATH_PLACE]: { ...PRM, authorization_servers: [AS, other] },
      [`${other}/.well-known/oauth-authorization-server`]: {
        issuer: other,
        token_endpoint: `${other}/token`,
      },
    });
    const state = { discovered: { ...known, discoveredAtMs: deps.now() } };
    const found = await discoverCached(deps, SERVER, { ...credentials, issuer: other }, state, undefined);
    expect(found).toMatchObject({ issuer: other, tokenEndpoint: `${other}/token` });
  });

  test("goes on with the proofs that its token endpoint was found to want, which no metadata says", async () => {
    const { deps } = scriptedDeps({ [SERVER]: 401, [PATH_PLACE]: PRM, [AS_PLACE]: METADATA });
    const stateOf = (tokenEndpoint: string) => ({
      discovered: { ...known, tokenEndpoint, dpop: true, discoveredAtMs: 0 },
    });
    const anew = (tokenEndpoint: string) =>
      discoverCached(deps, SERVER, credentials, stateOf(tokenEndpoint), undefined);
    expect((await anew(`${AS}/token`))?.dpop).toBe(true);
    expect((await anew(`${AS}/former`))?.dpop).toBeUndefined();
  });
});
