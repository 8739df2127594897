/**
 * The places of protected resource metadata, in order (RFC 9728 §3.1, MCP "Protected Resource Metadata Discovery"): a
 * slash at the end of the path and a query belong to the resource, but many servers do not look at them.
 */
export function resourceMetadataUrls(server: string): string[] {
  const { origin, pathname, search } = new URL(server);
  const root = `${origin}/.well-known/oauth-protected-resource`;
  const [whole, path] = [pathname.replace(/^\/$/, ""), pathname.replace(/\/$/, "")];
  return [...new Set([`${root}${whole}${search}`, `${root}${path}${search}`, `${root}${path}`, root])];
}

/** The places of authorization server metadata, in order (RFC 8414 §3.1 and §5, OpenID Connect Discovery). */
export function issuerMetadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  if (path === "")
    return ["oauth-authorization-server", "openid-configuration"].map(
      (name) => `${origin}/.well-known/${name}`,
    );
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

/** Issuers asked at most: a server names a few, and a long list would have us ask others for it. */
export const MAX_ISSUERS = 8;

/** A server as its own authorization server: by its origin (MCP 2025-03-26), else by its own address (RFC 8414 §3.1). */
export function ownIssuers(server: string): string[] {
  const { origin, pathname } = new URL(server);
  return [...new Set([origin, `${origin}${pathname.replace(/\/$/, "")}`])];
}

/** Whether two issuers are one but for a slash at the end, which many servers write in one place and not in another. */
export const sameIssuer = (a: string, b: string): boolean => a.replace(/\/$/, "") === b.replace(/\/$/, "");
