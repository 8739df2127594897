/** One challenge of a `WWW-Authenticate` header (RFC 9110 §11.6.1). */
export interface Challenge {
  /** In lower case. */
  scheme: string;
  /** Names in lower case. */
  params: Record<string, string>;
}

const PART =
  /\s*(?:,\s*)*(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+\-.^_`|~0-9A-Za-z/:]+))|([!#$%&'*+\-.^_`|~0-9A-Za-z]+))/gy;

/** The challenges of a `WWW-Authenticate` header, in order; what cannot be read ends the list. */
export function parseChallenges(header: string | null): Challenge[] {
  const challenges: Challenge[] = [];
  for (const [, name, quoted, token, scheme] of (header ?? "").matchAll(PART)) {
    const last = challenges.at(-1);
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), params: {} });
    else if (name !== undefined && last)
      last.params[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? token ?? "";
  }
  return challenges;
}

/** The challenge that matters here: Bearer's or DPoP's, the one that says most. */
export function bearerChallenge(header: string | null): Challenge | undefined {
  const known = parseChallenges(header).filter(({ scheme }) => scheme === "bearer" || scheme === "dpop");
  return known.find(({ params }) => params.resource_metadata ?? params.error) ?? known[0];
}
