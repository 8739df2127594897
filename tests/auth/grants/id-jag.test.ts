import { expect, test } from "bun:test";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import { requestIdJag } from "../../../lib/auth/grants/exchange/id-jag.ts";
import { scriptedDeps } from "../scripted-fetch.ts";

const TOKEN_ENDPOINT = "https://idp.example/token";

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
    grant: "id-jag",
    clientId: "id",
    authentication: { kind: "none" },
    subject: { source: { from: "value", value: "<saml:Assertion/>" } },
    identityProvider: { ...provider, clientId: "at-idp", authentication: { kind: "none" } },
  };
  const found = { issuer: "https://as.example", resource: "https://mcp.example" };
  const failure = await requestIdJag(deps, credentials, { found, scope: undefined }).catch(
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

test("an identity provider that is out of order has refused nothing: the assertion may be over by now", async () => {
  const { types, failure } = await shownTo("temporarily_unavailable");
  expect([types, failure.exitCode]).toEqual([["refresh_token"], 2]);
  expect(failure.hint).toBe("the fault is the identity provider's: try again later");
});
