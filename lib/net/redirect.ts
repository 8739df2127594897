/** Where a redirect leads; a server behind a gateway that ends TLS names its own address with http. */
export function redirectTarget(location: string | null, from: string): URL | null {
  const to = URL.parse(location ?? "", from);
  const { protocol, host } = new URL(from);
  if (to?.protocol === "http:" && protocol === "https:" && to.host === host) to.protocol = "https:";
  return to;
}

/**
 * Whether a redirect is followed (RFC 9110 §15.4): within the origin, a POST where its method is kept, a GET all of
 * them. What was sent to one origin is carried to no other.
 */
export function followsRedirect(method: string, status: number, from: string, to: URL | null): to is URL {
  const keepsMethod =
    status === 307 || status === 308 || (method === "GET" && [301, 302, 303].includes(status));
  return keepsMethod && to !== null && to.origin === new URL(from).origin;
}
