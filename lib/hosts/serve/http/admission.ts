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
  status: 400 | 401 | 403;
  words: string;
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
  if (bearer !== undefined && !isSameSecret(one(head.authorization), `Bearer ${bearer.now()}`))
    return { status: 401, words: "a bearer is wanted" };
  return undefined;
}

/**
 * A request that names its host twice, or not at all (RFC 9112 §3.2): who stands before us may have read another than we do.
 *
 * @param raw names and values by turns, as they came
 */
export function unclearHost(raw: readonly string[], httpVersion: string): Denial | undefined {
  let count = 0;
  for (let at = 0; at < raw.length; at += 2) if (raw[at]?.toLowerCase() === "host") count++;
  if (count === 1 || (count === 0 && httpVersion === "1.0")) return undefined;
  return { status: 400, words: "a request names its host once" };
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

export const isLoopbackName = (name: string): boolean =>
  name === "localhost" || name === "[::1]" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);

/** Nearly all requests name it like this: a URL need not be made of it. */
const isPlainLoopback = (host: string | undefined): boolean =>
  host !== undefined && /^(?:127(?:\.\d{1,3}){3}|localhost)(?::\d{1,5})?$/.test(host);

/** In a time that tells nothing of where they differ. */
function isSameSecret(given: string | undefined, wanted: string): boolean {
  if (given === undefined) return false;
  const { createHash, timingSafeEqual } = process.getBuiltinModule("node:crypto");
  const digest = (text: string) =>
    createHash("sha256")
      .update(text.replace(/^bearer /i, ""))
      .digest();
  return /^bearer /i.test(given) && timingSafeEqual(digest(given), digest(wanted));
}
