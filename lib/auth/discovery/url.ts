import { insecureUrl, invalidMetadata } from "../errors.ts";

const isLoopback = (hostname: string) =>
  hostname === "localhost" ||
  hostname.endsWith(".localhost") ||
  hostname === "[::1]" ||
  /^127(\.\d{1,3}){3}$/.test(hostname);

/**
 * The URL, when it is https, loopback, or a host that was allowed out loud.
 * @throws M2mcpError insecure_url, invalid_metadata for what is no URL
 */
export function requireSecure(url: string, what: string, allowHttp: string[]): URL {
  const parsed = URL.parse(url);
  if (!parsed) throw invalidMetadata(what, "is no URL");
  if (parsed.protocol === "https:") return parsed;
  if (parsed.protocol === "http:" && (isLoopback(parsed.hostname) || allowHttp.includes(parsed.hostname)))
    return parsed;
  throw insecureUrl(what, parsed.origin);
}

/** The canonical resource identifier of a server (MCP "Canonical Server URI"): no fragment, no lone slash. */
export function resourceOf(server: string): string {
  const url = new URL(server);
  url.hash = "";
  return url.pathname === "/" && url.search === "" ? url.origin : url.href;
}

/** Whether a protected resource's identifier covers the server: same origin, and its path leads to the server's. */
export function covers(resource: string, server: string): boolean {
  const of = URL.parse(resource);
  const at = new URL(server);
  if (!of || of.origin !== at.origin) return false;
  const path = of.pathname.endsWith("/") ? of.pathname : `${of.pathname}/`;
  return `${at.pathname}/`.startsWith(path);
}
