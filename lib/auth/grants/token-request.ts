import { audienceAsked, authenticateClient, type TokenRequest } from "../client/authentication.ts";
import { readAssertion } from "../client/secrets.ts";
import type { Credentials, Discovered } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/**
 * A token request of the grant (RFC 6749 §4.4.2; RFC 7523 §2.1 for `jwt-bearer`; RFC 8707 §2 `resource`), with what
 * proves the client. Made anew each time: assertions are good once.
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
  const request: TokenRequest = {
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams(),
  };
  const { body } = request;
  if (credentials.grant === "jwt-bearer") {
    body.set("grant_type", JWT_BEARER);
    const audience = audienceAsked(credentials, found, "grant");
    if (credentials.assertion)
      body.set("assertion", await readAssertion(credentials.assertion, audience, deps));
  } else body.set("grant_type", "client_credentials");
  if (scope !== undefined) body.set("scope", scope);
  if (credentials.resource !== null) body.set("resource", credentials.resource ?? found.resource);
  if (credentials.audience !== undefined) body.set("audience", credentials.audience);
  await authenticateClient(request, credentials, found, deps, signedAtMs);
  // The user's own come last: they replace what would be sent.
  for (const [name] of credentials.tokenParams ?? []) body.delete(name);
  for (const [name, value] of credentials.tokenParams ?? []) body.append(name, value);
  return request;
}
