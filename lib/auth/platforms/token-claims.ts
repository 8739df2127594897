import { decodeJwt, type JWTPayload } from "jose";
import { oneLine } from "../../net/one-line.ts";
import { noIdentity } from "./errors.ts";

/** What a token says of itself, which nobody has verified; undefined for what is no JWT. */
export function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

/** Whether a token is for an audience (RFC 7519 §4.1.3). */
export const isFor = ({ aud }: JWTPayload, audience: string): boolean =>
  [aud ?? []].flat().includes(audience);

/** Whom a token is for, in words. */
export const audiencesOf = ({ aud }: JWTPayload): string => oneLine([aud ?? "nobody"].flat().join(" "), 200);

/**
 * A token as its platform gave it.
 *
 * @param from where it was found: `the variable X`
 * @throws M2mcpError no_identity for what is no JWT, which is not quoted
 */
export function requireJwt(title: string, from: string, token: string, hint: string): JWTPayload {
  const claims = claimsOf(token);
  if (claims) return claims;
  throw noIdentity(title, `what ${from} holds is no JWT`, hint);
}
