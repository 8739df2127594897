import { claimsOf } from "../claims.ts";
import type { Token } from "../credentials.ts";
import { resourceOf } from "../discovery/url.ts";

/**
 * Why a server may refuse a token, by what it says of itself; undefined where nothing shows. It is not verified here:
 * the server alone decides.
 */
export function doubtAboutToken({ accessToken }: Token, server: string): string | undefined {
  const { aud, nbf, exp } = claimsOf(accessToken) ?? {};
  const audiences = aud === undefined ? [] : [aud].flat();
  if (audiences.length > 0 && !audiences.some((audience) => isFor(audience, server)))
    return `the token is for ${audiences.join(" ")}, and the server is ${resourceOf(server)}: it may want one that names it`;
  if (nbf !== undefined && exp !== undefined && nbf > exp) return "the token ends before it begins";
  return undefined;
}

/** Whether an audience may mean the server: names that are no address can be anything. */
function isFor(audience: string, server: string): boolean {
  const named = URL.parse(audience);
  if (named?.protocol !== "https:" && named?.protocol !== "http:") return true;
  return named.origin === new URL(server).origin;
}
