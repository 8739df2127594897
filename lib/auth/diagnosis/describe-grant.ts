import { oneLine } from "../../net/one-line.ts";
import { claimsOf } from "../claims.ts";
import { audienceAsked } from "../client/authentication.ts";
import { isPlatformSource, readAssertion } from "../client/secrets.ts";
import type { AssertionSource, Credentials, Discovered, GivenToken } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import type { Audience } from "../platforms/audience.ts";

/** What the client gives for a token beside itself, as a token request would read it; undefined where it is nothing. */
export async function describeGrant(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
): Promise<string | undefined> {
  const { grant, assertion, subject, actor, identityProvider } = credentials;
  const audience = audienceAsked(credentials, found, "grant");
  switch (grant) {
    case "client-credentials":
      return undefined;
    case "jwt-bearer":
      if (assertion?.from === "signed") return "grant jwt-bearer with an assertion that its own key signs";
      return (
        assertion &&
        `grant jwt-bearer with an assertion ${await describeAssertion(deps, assertion, audience)}`
      );
    case "token-exchange": {
      const about = subject ? await describeGiven(deps, subject, audience) : "missing";
      const by = actor ? `, acted for by one ${await describeGiven(deps, actor, audience)}` : "";
      return `grant token-exchange with a subject token ${about}${by}`;
    }
    case "id-jag": {
      const { issuer, tokenEndpoint, clientId = "" } = identityProvider ?? {};
      const who = subject ? await describeGiven(deps, subject, undefined) : "missing";
      const at = issuer ?? tokenEndpoint ?? "its issuer";
      const as = clientId === "" ? "" : ` as client ${clientId}`;
      return `grant id-jag with an identity ${who}, for which ${at} vouches${as}`;
    }
  }
}

const describeGiven = async (deps: AuthDeps, { source }: GivenToken, audience: Audience | undefined) =>
  audience === undefined && isPlatformSource(source)
    ? `of the platform ${source.from}`
    : describeAssertion(deps, source, audience ?? "");

export const OVER = "it ended ";

/** What a platform's token says of itself: whose it is, whom it is for, how long it lasts. */
export async function describeAssertion(
  deps: AuthDeps,
  source: AssertionSource,
  audience: Audience,
): Promise<string> {
  const text = await readAssertion(source, audience, deps);
  const claims = claimsOf(text);
  if (!claims) return "that is no JWT";
  const { iss = "nobody", aud = ["nobody"], exp } = claims;
  const leftS = exp === undefined ? undefined : Math.floor(exp - deps.now() / 1000);
  const life =
    leftS === undefined ? "" : leftS <= 0 ? `; ${OVER}${-leftS} s ago` : `; good for ${leftS} s more`;
  return `of ${oneLine(iss)} for ${oneLine(aud.join(" "))}${life}`;
}
