/** Whether a status sends to another address; the other 3xx (300, 304, …) are answers of their own (RFC 9110 §15.4). */
export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/**
 * Where a redirect leads, null where it names no address; a server behind a gateway that ends TLS names its own address
 * with http.
 */
export function redirectTarget(location: string | null, from: string): URL | null {
  if (!location) return null;
  const to = URL.parse(location, from);
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

/** Why a redirect is not followed, for what is told of it. */
export type NotFollowed = "nowhere" | "elsewhere" | "method" | "circle";

/** @param to null where it leads nowhere; otherwise one that `followsRedirect` refuses, or one too many */
export function whyNotFollowed(from: string, to: URL | null, isOneTooMany: boolean): NotFollowed {
  if (to === null) return "nowhere";
  if (isOneTooMany) return "circle";
  return to.origin === new URL(from).origin ? "method" : "elsewhere";
}
