import { normalUrl } from "../../net/normal-url.ts";
import { oneLine } from "../../net/one-line.ts";
import { closestZone, isLoopback, mayName, zoneOf } from "../../net/zone.ts";
import type { Credentials } from "../credentials.ts";
import { directedInward, insecureUrl, invalidMetadata } from "./errors.ts";

/**
 * The URL, when it is https, loopback, or a host that was allowed out loud.
 * @throws M2mcpError insecure_url, invalid_metadata for what is no http(s) URL
 */
export function requireSecure(url: string, what: string, allowHttp: string[]): URL {
  const parsed = URL.parse(url);
  const isHttp = parsed?.protocol === "https:" || parsed?.protocol === "http:";
  if (!isHttp || parsed.hostname === "")
    throw invalidMetadata(what, `is not an http(s) address: ${oneLine(url, 100) || "it is empty"}`);
  const isSafe =
    parsed.protocol === "https:" || isLoopback(parsed.hostname) || allowHttp.includes(parsed.hostname);
  if (!isSafe) throw insecureUrl(what, parsed);
  return parsed;
}

/** Checks an address that a server has named. @throws M2mcpError as `requireSecure`, directed_inward */
export type AddressCheck = (url: string, what: string) => URL;

/**
 * The check of addresses that a server, its metadata or its authorization server names: they lead no closer to this
 * machine than the server is itself, or a host that the user named. Else any server could send us, and the secret, to
 * services of this machine and of the network it is in.
 */
export function addressCheck(
  server: string,
  { issuer, tokenEndpoint }: Pick<Credentials, "issuer" | "tokenEndpoint">,
  allowHttp: string[],
): AddressCheck {
  const named = [server, issuer, tokenEndpoint].flatMap((url) => URL.parse(url ?? "") ?? []);
  const from = closestZone([...named.map(({ hostname }) => hostname), ...allowHttp].map(zoneOf));
  return (url, what) => {
    const to = requireSecure(url, what, allowHttp);
    if (!mayName(from, zoneOf(to.hostname))) throw directedInward(what, to.host, new URL(server).host);
    return to;
  };
}

/** The canonical resource identifier of a server (MCP "Canonical Server URI"): no fragment, no lone slash. */
export function resourceOf(server: string): string {
  const url = new URL(server);
  url.hash = "";
  return url.pathname === "/" && url.search === "" ? url.origin : url.href;
}

/**
 * Whether a protected resource's identifier covers the server: same origin, its path leads to the server's, and a
 * query, where it has one, is the server's own: it may tell tenants apart.
 */
export function covers(resource: string, server: string): boolean {
  const parsed = URL.parse(resource);
  if (!parsed) return false;
  const [of, at] = [normalUrl(parsed), normalUrl(new URL(server))];
  if (of.origin !== at.origin || (of.search !== "" && of.search !== at.search)) return false;
  const path = of.pathname.endsWith("/") ? of.pathname : `${of.pathname}/`;
  return `${at.pathname}/`.startsWith(path);
}
