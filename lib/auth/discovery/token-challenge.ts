import { type Challenge, parseChallenges } from "../../net/challenge.ts";
import { oneLine } from "../../net/one-line.ts";
import { withoutSecrets } from "../redact.ts";

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

/** Whether who sent no token is asked for one: by the status, or by what the challenge says of one or of the way to one. */
export const asksForToken = (status: number, challenge: Challenge | undefined): boolean =>
  status === 401 ||
  challenge?.params.error === "invalid_token" ||
  Boolean(challenge?.params.resource_metadata);

/**
 * Why a request was refused, in the server's words: those of its challenge (RFC 6750 §3), else those of its answer, as one
 * line without what it must not repeat; undefined where there are none.
 */
export function wordsOfRefusal(
  challenge: Challenge | undefined,
  answered: string | undefined,
  secrets: readonly (string | undefined)[] = [],
): string | undefined {
  const said = challenge?.params.error_description || answered;
  return said ? oneLine(withoutSecrets(said, secrets)) || undefined : undefined;
}
