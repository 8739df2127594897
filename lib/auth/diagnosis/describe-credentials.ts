import { oneLine } from "../../net/one-line.ts";
import { claimsOf, headerIn } from "../claims.ts";
import {
  assertionAudience,
  audienceAsked,
  clientAssertionBy,
  secretMethod,
} from "../client/authentication.ts";
import { readClientSecret } from "../client/secrets.ts";
import type { Credentials, Discovered, Token } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { wantedResource, wantedScope } from "../grants/scope.ts";
import { describeAssertion, describeGrant, OVER } from "./describe-grant.ts";

/** Reads the credentials as a token request would, and says what would be sent; never a secret. */
export async function describeCredentials(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
): Promise<{ saw: string; fix?: string }> {
  const { clientId } = credentials;
  const parts = [clientId === "" ? "no client id" : `client ${clientId}`];
  parts.push(await describeAuthentication(deps, credentials, found));
  const grant = await describeGrant(deps, credentials, found);
  if (grant !== undefined) parts.push(grant);
  if (credentials.tls && credentials.authentication.kind !== "tls") parts.push("client certificate besides");
  const scope = wantedScope(credentials, found, undefined);
  parts.push(scope === undefined ? "no scope asked for" : `scope ${scope}`);
  const resource = wantedResource(credentials, found);
  parts.push(resource === undefined ? "no resource sent" : `resource ${resource}`);
  if (credentials.audience !== undefined) parts.push(`audience ${credentials.audience}`);
  const saw = parts.join(", ");
  return saw.includes(OVER)
    ? { saw, fix: "the assertion is over: see that the platform renews it" }
    : { saw };
}

async function describeAuthentication(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
): Promise<string> {
  const { authentication } = credentials;
  const audience = assertionAudience(credentials, found);
  switch (authentication.kind) {
    case "secret":
      await readClientSecret(authentication.secret, deps);
      return `secret by ${secretMethod(authentication.method, found.authMethods)}`;
    case "private_key": {
      const signed = await clientAssertionBy(authentication, credentials, found, deps, deps.now());
      const { alg, kid = "not named" } = headerIn(signed);
      return `private_key_jwt with ${alg}, key id ${kid}, for ${audience}`;
    }
    case "assertion":
      return `client assertion ${await describeAssertion(deps, authentication.assertion, audienceAsked(credentials, found, "client"))}`;
    case "tls":
      return "client certificate";
    case "none":
      return "no proof of the client";
  }
}

/** What a token that was just issued is about; never the token itself. */
export function describeToken(token: Token): string {
  const life =
    token.expiresAtMs === undefined
      ? "no expiry named"
      : `good for ${Math.round((token.expiresAtMs - token.issuedAtMs) / 1000)} s`;
  const about = [`a ${token.tokenType} token`, life, `scope ${token.scope ?? "not named"}`];
  const { iss, aud } = claimsOf(token.accessToken) ?? {};
  if (iss !== undefined) about.push(`issued by ${oneLine(iss)}`);
  if (aud !== undefined) about.push(`for ${oneLine(aud.join(" "))}`);
  return about.join(", ");
}
