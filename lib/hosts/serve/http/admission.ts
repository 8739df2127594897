// Who may ask at all: decided from a request's head alone.

export interface AdmissionRules {
  /** Only who names this machine by its loopback names is one of its own: else a web page could come by DNS rebinding. */
  isLoopback: boolean;
  /** Further names that may be asked for, and whose pages may ask. */
  allowedHosts: readonly string[];
  /** What must be shown, where it must. */
  bearer?: Bearer;
}

/** The token that clients must show; it may be another by and by. */
export interface Bearer {
  now(): string;
  /** Where it is to be looked up anew, that. Never rejects. @param isRefused one was shown that does not fit */
  fresh(isRefused: boolean): Promise<void> | undefined;
}

/** Headers by lower-case name, as node:http has them. */
export type Head = Readonly<Record<string, string | string[] | undefined>>;

export interface Denial {
  status: 400 | 401 | 403 | 501;
  words: string;
  /** What `WWW-Authenticate` says. */
  challenge?: string;
}

/** Why a request is not taken (MCP "Security & Endpoint"); undefined where it is. */
export function denialOf(head: Head, rules: AdmissionRules): Denial | undefined {
  const { isLoopback, allowedHosts, bearer } = rules;
  const isOurs = (name: string | undefined) =>
    name !== undefined && (isLoopbackName(name) || allowedHosts.includes(name));
  const host = one(head.host);
  if (isLoopback && !isPlainLoopback(host) && !isOurs(hostOfHeader(host)))
    return { status: 403, words: "this host name is not served here" };
  const origin = one(head.origin);
  if (origin !== undefined && !isOurs(hostName(origin)))
    return { status: 403, words: "pages of this origin may not ask here" };
  if (bearer === undefined) return undefined;
  const token = shownIn(one(head.authorization));
  if (token !== undefined && isSameSecret(token, bearer.now())) return undefined;
  // RFC 6750 §3.1: who shows none is told of no fault.
  const challenge = token === undefined ? "Bearer" : 'Bearer error="invalid_token"';
  return { status: 401, words: "a bearer is wanted", challenge };
}

/** What a request says once, if at all; each with a bit of its own. */
const ONCE: ReadonlyMap<string, number> = new Map(
  [
    "host",
    "authorization",
    "content-type",
    "origin",
    "last-event-id",
    "mcp-session-id",
    "mcp-protocol-version",
    "mcp-method",
    "mcp-name",
  ].map((name, at) => [name, 1 << at]),
);
const HOST = 1;

/**
 * A request that says twice what can be said once, or does not name its host (RFC 9112 §3.2, RFC 9110 §5.3): who stands
 * before us may have read another of the two than we do. Or one whose body has a coding besides chunked (RFC 9112 §6.1).
 *
 * @param raw names and values by turns, as they came
 */
export function unclear(raw: readonly string[], httpVersion: string): Denial | undefined {
  let seen = 0;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? "";
    if (name === "transfer-encoding" && !/^[\s,]*(?:chunked)?[\s,]*$/i.test(raw[at + 1] ?? ""))
      return { status: 501, words: "of transfer codings, chunked alone is taken" };
    const bit = ONCE.get(name) ?? 0;
    if (seen & bit) return { status: 400, words: `a request says once what is ${name}` };
    seen |= bit;
  }
  if (seen & HOST || httpVersion === "1.0") return undefined;
  return { status: 400, words: "a request names its host" };
}

/** The one value of a header; of several, none that could be meant. */
export const one = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(", ") : value;

/** The host in an address, as URLs write it; undefined where there is none. */
export function hostName(url: string): string | undefined {
  // A trailing dot says that the name is whole (RFC 3986 §3.2.2).
  return URL.parse(url)?.hostname.toLowerCase().replace(/\.$/, "") || undefined;
}

/** The same in the header (RFC 9110 §7.2): nothing but a host and a port. */
const hostOfHeader = (host: string | undefined): string | undefined =>
  host !== undefined && /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.test(host)
    ? hostName(`http://${host}`)
    : undefined;

/** @param name as `hostName` gives it, or without brackets */
export const isLoopbackName = (name: string): boolean =>
  name === "localhost" ||
  /^127(?:\.\d{1,3}){3}$/.test(name) ||
  // Of IPv6 there is one, and those of IPv4 in its clothes (RFC 4291 §2.5.5.2).
  /^\[?::(?:1|ffff:7f[\da-f]{2}:[\da-f]{1,4})\]?$/.test(name);

/** Nearly all requests name it like this: a URL need not be made of it. */
const isPlainLoopback = (host: string | undefined): boolean =>
  host !== undefined && /^(?:127(?:\.\d{1,3}){3}|localhost)(?::\d{1,5})?$/.test(host);

/** The token that is shown (RFC 9110 §11.4); undefined where there is none. */
const shownIn = (authorization: string | undefined): string | undefined =>
  /^bearer +(\S.*)$/i.exec(authorization ?? "")?.[1];

/** In a time that tells nothing of where they differ. */
function isSameSecret(given: string, wanted: string): boolean {
  const { createHash, timingSafeEqual } = process.getBuiltinModule("node:crypto");
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
