import { redirectRefused } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import type { HttpRequest, Layer } from "./layer.ts";

const MAX_REDIRECTS = 3;

/**
 * Follows redirects within the origin (RFC 9110 §15.4): a POST where its method is kept, a GET all of them. What leads
 * elsewhere is refused: credentials are not carried there.
 *
 * @throws M2mcpError redirect
 */
export const redirect: Layer = (next) => async (request) => {
  let { url } = request;
  for (let redirects = 0; ; redirects++) {
    const response = await next(redirects === 0 ? request : { ...request, url });
    if (response.status < 300 || response.status > 399) return response;
    await response.discard();
    const location = target(response.headers.get("location"), url);
    const within = location !== null && location.origin === new URL(url).origin;
    if (!within || !follows(request.method, response.status) || redirects >= MAX_REDIRECTS)
      throw redirectRefused(hostOf(url), location?.href ?? "nowhere");
    url = location.href;
  }
};

const follows = (method: HttpRequest["method"], status: number): boolean =>
  status === 307 || status === 308 || (method === "GET" && [301, 302, 303].includes(status));

/** Where a redirect leads; a server behind a gateway that ends TLS names its own address with http. */
function target(location: string | null, from: string): URL | null {
  const to = URL.parse(location ?? "", from);
  const { protocol, host } = new URL(from);
  if (to?.protocol === "http:" && protocol === "https:" && to.host === host) to.protocol = "https:";
  return to;
}
