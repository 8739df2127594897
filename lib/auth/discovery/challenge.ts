/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** In lower case. */
  scheme: string;
  /** Names in lower case. */
  params: Record<string, string>;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const PARAM = new RegExp(
  `^\\s*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([!#$%&'*+\\-.^_\`|~0-9A-Za-z/:]+))\\s*(?=,|$)`,
);
const SCHEME = new RegExp(`^\\s*(${TOKEN})(?=[\\s,]|$)`);
/** A piece up to the next comma outside quotes; a quote that is never closed is a character like others. */
const PIECE = /^(?:"(?:[^"\\]|\\.)*"|[^,])*/;

/**
 * The challenges of a `WWW-Authenticate` header, or of several joined by commas, in order. What cannot be read, as
 * the token of `Negotiate`, is passed over.
 */
export function parseChallenges(header: string | null): Challenge[] {
  const challenges: Challenge[] = [];
  let rest = header ?? "";
  while (rest !== "") {
    const param = PARAM.exec(rest);
    const last = challenges.at(-1);
    const scheme = param ? null : SCHEME.exec(rest);
    if (param?.[1] !== undefined) {
      if (last) last.params[param[1].toLowerCase()] = param[2]?.replace(/\\(.)/g, "$1") ?? param[3] ?? "";
      rest = rest.slice(param[0].length);
    } else if (scheme?.[1] !== undefined) {
      challenges.push({ scheme: scheme[1].toLowerCase(), params: {} });
      rest = rest.slice(scheme[0].length);
      if (PARAM.test(rest) || SCHEME.test(rest)) continue;
    }
    rest = rest.slice(PIECE.exec(rest)?.[0].length ?? 0).replace(/^,/, "");
  }
  return challenges;
}

/**
 * The challenge that matters: Bearer's or DPoP's. One that names an error counts most, the one of the scheme that was
 * sent before the other; what it leaves out of the way to a token is taken from its neighbour.
 *
 * @param sent the scheme of the token that was refused, in lower case
 */
export function tokenChallenge(header: string | null, sent?: "bearer" | "dpop"): Challenge | undefined {
  const known = parseChallenges(header).filter(({ scheme }) => scheme === "bearer" || scheme === "dpop");
  const own = known.filter(({ scheme }) => scheme === sent);
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
