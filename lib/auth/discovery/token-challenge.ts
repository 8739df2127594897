import { type Challenge, parseChallenges } from "../../net/challenge.ts";

const isToken = ({ scheme }: Challenge) => scheme === "bearer" || scheme === "dpop";

/**
 * The challenge that matters: Bearer's or DPoP's. One that names an error counts most, the one of the scheme that was
 * sent before the other; what it leaves out of the way to a token is taken from its neighbours, also from one of
 * another scheme: RFC 9728 §5.1 adds `resource_metadata` to the header, whatever the scheme.
 *
 * @param sent the type of the token that was refused
 */
export function tokenChallenge(header: string | null, sent?: "Bearer" | "DPoP"): Challenge | undefined {
  const all = parseChallenges(header);
  const known = all.filter(isToken);
  const own = known.filter(({ scheme }) => scheme === sent?.toLowerCase());
  const foreign = all.find(({ params }) => params.resource_metadata);
  const chosen =
    own.find(({ params }) => params.error !== undefined) ??
    known.find(({ params }) => params.error !== undefined) ??
    known.find(({ params }) => params.resource_metadata) ??
    own[0] ??
    known[0];
  if (!chosen && !foreign) return undefined;
  const params = { ...chosen?.params };
  for (const neighbour of [...known, ...(foreign ? [foreign] : [])])
    for (const name of ["resource_metadata", "scope", "algs"]) {
      const value = neighbour.params[name];
      if (value) params[name] ||= value;
    }
  return { scheme: (chosen ?? foreign)?.scheme ?? "", params };
}
