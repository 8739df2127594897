import { type Challenge, parseChallenges } from "../../net/challenge.ts";

/**
 * The challenge that matters: Bearer's or DPoP's. One that names an error counts most, the one of the scheme that was
 * sent before the other; what it leaves out of the way to a token is taken from its neighbour.
 *
 * @param sent the type of the token that was refused
 */
export function tokenChallenge(header: string | null, sent?: "Bearer" | "DPoP"): Challenge | undefined {
  const known = parseChallenges(header).filter(({ scheme }) => scheme === "bearer" || scheme === "dpop");
  const own = known.filter(({ scheme }) => scheme === sent?.toLowerCase());
  const chosen =
    own.find(({ params }) => params.error !== undefined) ??
    known.find(({ params }) => params.error !== undefined) ??
    known.find(({ params }) => params.resource_metadata !== undefined) ??
    own[0] ??
    known[0];
  if (!chosen) return undefined;
  const params = { ...chosen.params };
  for (const neighbour of known)
    for (const name of ["resource_metadata", "scope", "algs"]) {
      const value = neighbour.params[name];
      if (value !== undefined) params[name] ??= value;
    }
  return { scheme: chosen.scheme, params };
}
