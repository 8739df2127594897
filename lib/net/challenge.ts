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
