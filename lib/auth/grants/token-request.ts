import { signAssertion } from "../client/assertion.ts";
import {
  assertionAudience,
  audienceAsked,
  authenticateClient,
  type TokenRequest,
  tokenRequest,
} from "../client/authentication.ts";
import { readAssertion } from "../client/secrets.ts";
import { readSigningKey } from "../client/signing/read-key.ts";
import type { Credentials, Discovered, SignedAssertion } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { addTokenExchange } from "./exchange/token-exchange.ts";
import { JWT_BEARER } from "./exchange/token-types.ts";
import { wantedResource } from "./scope.ts";

/**
 * A token request of the grant (RFC 6749 §4.4.2; RFC 7523 §2.1 for `jwt-bearer` and `id-jag`; RFC 8693 §2.1; RFC 8707 §2
 * `resource`), with what proves the client. Made anew each time: assertions are good once.
 *
 * @param signedAtMs when assertions say that they were signed, in ms since the epoch
 * @throws M2mcpError unreadable secrets, unusable keys
 */
export async function makeTokenRequest(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
  scope: string | undefined,
  signedAtMs: number,
): Promise<TokenRequest> {
  const request = tokenRequest();
  const { body } = request;
  await addGrant(body, deps, credentials, found, scope, signedAtMs);
  if (scope !== undefined) body.set("scope", scope);
  const resource = wantedResource(credentials, found);
  if (resource !== undefined) body.set("resource", resource);
  if (credentials.audience !== undefined) body.set("audience", credentials.audience);
  // An assertion that the client has signed says whose it is.
  const isNamed = credentials.assertion?.from === "signed" && credentials.authentication.kind === "none";
  if (!isNamed) await authenticateClient(request, credentials, found, deps, signedAtMs);
  // The user's own come last: they replace what would be sent.
  for (const [name] of credentials.tokenParams ?? []) body.delete(name);
  for (const [name, value] of credentials.tokenParams ?? []) body.append(name, value);
  return request;
}

/** What the client gives for a token, beside itself. */
async function addGrant(
  body: URLSearchParams,
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
  scope: string | undefined,
  signedAtMs: number,
): Promise<void> {
  const audience = audienceAsked(credentials, found, "grant");
  switch (credentials.grant) {
    case "client-credentials":
      body.set("grant_type", "client_credentials");
      return;
    case "jwt-bearer": {
      const { assertion } = credentials;
      body.set("grant_type", JWT_BEARER);
      if (assertion?.from === "signed")
        body.set("assertion", await signedGrant(deps, credentials, assertion, found, signedAtMs));
      else if (assertion) body.set("assertion", await readAssertion(assertion, audience, deps));
      return;
    }
    case "token-exchange":
      return addTokenExchange(body, credentials, audience, deps);
    case "id-jag": {
      const { requestIdJag } = await import("./exchange/id-jag.ts");
      body.set("grant_type", JWT_BEARER);
      body.set("assertion", await requestIdJag(deps, credentials, { found, scope }));
    }
  }
}

/** An assertion of the client's own (RFC 7523 §3), for the token endpoint unless the user says otherwise. */
async function signedGrant(
  deps: AuthDeps,
  credentials: Credentials,
  { from: _, subject = credentials.clientId, ...source }: SignedAssertion,
  found: Discovered,
  signedAtMs: number,
): Promise<string> {
  const { assertionAudience: asked = "token-endpoint", clientId: issuer } = credentials;
  const audience = assertionAudience({ assertionAudience: asked }, found);
  const key = await readSigningKey(source, deps);
  return signAssertion({ issuer, subject, audience }, key, undefined, signedAtMs);
}
