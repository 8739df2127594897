import { decodeJwt } from "jose";
import { claimsOf } from "../claims.ts";
import {
  assertionAudience,
  audienceAsked,
  clientAssertionBy,
  secretMethod,
} from "../client/authentication.ts";
import { readAssertion, readSecret } from "../client/secrets.ts";
import type { AssertionSource, Credentials, Discovered, Token } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { wantedScope } from "../grants/scope.ts";
import type { Audience } from "../platforms/audience.ts";

/** Reads the credentials as a token request would, and says what would be sent; never a secret. */
export async function describeCredentials(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
): Promise<{ saw: string; fix?: string }> {
  const { grant, clientId, assertion, resource } = credentials;
  const audience = audienceAsked(credentials, found, "grant");
  const parts = [clientId === "" ? "no client id" : `client ${clientId}`];
  parts.push(await describeAuthentication(deps, credentials, found));
  if (grant === "jwt-bearer" && assertion)
    parts.push(`grant jwt-bearer with an assertion ${await describeAssertion(deps, assertion, audience)}`);
  if (credentials.tls && credentials.authentication.kind !== "tls") parts.push("client certificate besides");
  const scope = wantedScope(credentials, found, undefined);
  parts.push(scope === undefined ? "no scope asked for" : `scope ${scope}`);
  parts.push(resource === null ? "no resource sent" : `resource ${resource ?? found.resource}`);
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
      await readSecret(authentication.secret, deps.env);
      return `secret by ${secretMethod(authentication.method, found.authMethods)}`;
    case "private_key": {
      const signed = await clientAssertionBy(authentication, credentials, found, deps, deps.now());
      const header = JSON.parse(Buffer.from(signed.split(".")[0] ?? "", "base64url").toString());
      return `private_key_jwt with ${header.alg}, key id ${header.kid ?? "not named"}, for ${audience}`;
    }
    case "assertion":
      return `client assertion ${await describeAssertion(deps, authentication.assertion, audienceAsked(credentials, found, "client"))}`;
    case "tls":
      return "client certificate";
    case "none":
      return "no proof of the client";
  }
}

const OVER = "it ended ";

/** What a platform's token says of itself: whose it is, whom it is for, how long it lasts. */
async function describeAssertion(
  deps: AuthDeps,
  source: AssertionSource,
  audience: Audience,
): Promise<string> {
  const text = await readAssertion(source, audience, deps);
  try {
    const { iss, aud, exp } = decodeJwt(text);
    const leftS = exp === undefined ? undefined : exp - Math.floor(deps.now() / 1000);
    const life =
      leftS === undefined ? "" : leftS <= 0 ? `; ${OVER}${-leftS} s ago` : `; good for ${leftS} s more`;
    return `of ${iss ?? "nobody"} for ${[aud ?? "nobody"].flat().join(" ")}${life}`;
  } catch {
    return "that is no JWT";
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
  if (iss !== undefined) about.push(`issued by ${iss}`);
  if (aud !== undefined) about.push(`for ${[aud].flat().join(" ")}`);
  return about.join(", ");
}
