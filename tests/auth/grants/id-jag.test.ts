import { expect, test } from "bun:test";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import { requestIdJag } from "../../../lib/auth/grants/exchange/id-jag.ts";
import { rememberFailure } from "../../../lib/auth/tokens/failure.ts";
import { type Scripted, scriptedDeps } from "../scripted-fetch.ts";

const TOKEN_ENDPOINT = "https://idp.example/token";

const FOUND = { issuer: "https://as.example", resource: "https://mcp.example" };
const ID_JAG: Credentials = {
  grant: "id-jag",
  clientId: "id",
  authentication: { kind: "none" },
  subject: { source: { from: "value", value: "<saml:Assertion/>" } },
};

/** Types of the tokens that an identity provider is shown, which answers each with this error. */
async function shownTo(error: string) {
  const { deps, requests } = scriptedDeps({
    [TOKEN_ENDPOINT]: () => Response.json({ error }, { status: 400 }),
  });
  const provider = { issuer: "https://idp.example", tokenEndpoint: TOKEN_ENDPOINT };
  await deps.write((old) => ({
    ...old,
    identityProvider: { ...provider, discoveredAtMs: deps.now(), refreshToken: "kept" },
  }));
  const credentials: Credentials = {
    ...ID_JAG,
    identityProvider: { ...provider, clientId: "at-idp", authentication: { kind: "none" } },
  };
  const failure = await requestIdJag(deps, credentials, { found: FOUND, scope: undefined }).catch(
    (thrown) => thrown,
  );
  const bodies = await Promise.all(requests.map(async (one) => new URLSearchParams(await one.text())));
  const types = bodies.map((body) => body.get("subject_token_type")?.split(":").at(-1));
  return { types, failure };
}

test("the SAML assertion is given again where the refresh token is refused", async () => {
  const { types, failure } = await shownTo("invalid_grant");
  expect([types, failure.exitCode]).toEqual([["refresh_token", "saml2"], 4]);
});

test("a refusal that is not about the refresh token is told as it is: the assertion may be over by now", async () => {
  for (const error of ["access_denied", "invalid_target", "unauthorized_client", "invalid_client"]) {
    const { types, failure } = await shownTo(error);
    expect([types, failure.code]).toEqual([["refresh_token"], "token_refused"]);
  }
});

test("a refresh token outlives what is known of its identity provider, which is asked for anew after a day, and after a refusal", async () => {
  const [issuer, moved] = ["https://idp.example", "https://idp.example/moved"];
  const { deps, requests, state } = scriptedDeps({
    [`${issuer}/.well-known/oauth-authorization-server`]: { issuer, token_endpoint: moved },
    [moved]: { access_token: "grant", issued_token_type: "urn:ietf:params:oauth:token-type:id-jag" },
    [TOKEN_ENDPOINT]: () => Response.json({ error: "invalid_client" }, { status: 401 }),
  });
  const known = { issuer, tokenEndpoint: TOKEN_ENDPOINT, refreshToken: "kept" };
  await deps.write(() => ({ identityProvider: { ...known, discoveredAtMs: deps.now() } }));
  const credentials: Credentials = {
    ...ID_JAG,
    identityProvider: { issuer, clientId: "at-idp", authentication: { kind: "none" } },
  };
  const grant = () => requestIdJag(deps, credentials, { found: FOUND, scope: undefined });
  const failure = await grant().catch((thrown) => thrown);
  const remember = rememberFailure(failure, { gathered: undefined, route: undefined }, deps.now());
  await deps.write((old) => remember?.(old) ?? old);
  expect(await grant()).toBe("grant");
  expect(state().identityProvider).toMatchObject({ tokenEndpoint: moved, refreshToken: "kept" });
  const posted = requests.filter(({ method }) => method === "POST");
  const bodies = await Promise.all(posted.map(async (one) => new URLSearchParams(await one.text())));
  expect(bodies.map((body) => body.get("subject_token"))).toEqual(["kept", "kept"]);
});

test("a known identity provider is asked although its metadata is out of order, and not where that says another thing", async () => {
  const issuer = "https://idp.example";
  for (const [metadata, outcome] of [
    [503, "grant"],
    [undefined, "grant"],
    [{ issuer: "https://other.example", token_endpoint: "https://other.example/token" }, "issuer_mismatch"],
  ] as const) {
    const { deps, asked } = scriptedDeps({
      ...Object.fromEntries(
        ["oauth-authorization-server", "openid-configuration"].map((name) => [
          `${issuer}/.well-known/${name}`,
          // Without an answer the connection is refused.
          metadata as Scripted,
        ]),
      ),
      [TOKEN_ENDPOINT]: {
        access_token: "grant",
        issued_token_type: "urn:ietf:params:oauth:token-type:id-jag",
      },
    });
    const known = { issuer, tokenEndpoint: TOKEN_ENDPOINT, refreshToken: "kept", discoveredAtMs: 0 };
    await deps.write(() => ({ identityProvider: known }));
    const credentials: Credentials = {
      ...ID_JAG,
      identityProvider: { issuer, clientId: "at-idp", authentication: { kind: "none" } },
    };
    const asking = requestIdJag(deps, credentials, { found: FOUND, scope: undefined });
    expect(await asking.catch((thrown) => thrown.code)).toBe(outcome);
    expect(asked.includes(TOKEN_ENDPOINT)).toBe(outcome === "grant");
    expect(asked[0]).toContain("/.well-known/");
  }
});

test("an identity provider that is out of order has refused nothing: the assertion may be over by now", async () => {
  const { types, failure } = await shownTo("temporarily_unavailable");
  expect([types, failure.exitCode]).toEqual([["refresh_token"], 2]);
  expect(failure.hint).toBe("the fault is the identity provider's: try again later");
});
