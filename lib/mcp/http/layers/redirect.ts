import { redirectRefused } from "../../../net/errors.ts";
import { hostOf } from "../../../net/network-error.ts";
import { followsRedirect, isRedirect, redirectTarget, whyNotFollowed } from "../../../net/redirect.ts";
import type { Layer } from "./layer.ts";

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
    if (!isRedirect(response.status)) return response;
    await response.discard();
    const to = redirectTarget(response.headers.get("location"), url);
    const isFollowed = followsRedirect(request.method, response.status, url, to);
    if (!isFollowed || redirects >= MAX_REDIRECTS) {
      const where = to?.href ?? "";
      const shown = response.redact?.(where) ?? where;
      throw redirectRefused(hostOf(url), shown, whyNotFollowed(url, to, isFollowed));
    }
    url = to.href;
  }
};
