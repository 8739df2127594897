import { oneLine } from "../../net/one-line.ts";
import { type Claims, claimsOf } from "../claims.ts";
import { noIdentity } from "./errors.ts";

/** Whether a token is for an audience (RFC 7519 §4.1.3). */
export const isFor = ({ aud = [] }: Claims, audience: string): boolean => aud.includes(audience);

/** Whom a token is for, in words. */
export const audiencesOf = ({ aud = ["nobody"] }: Claims): string => oneLine(aud.join(" "), 200);

/**
 * A token as its platform gave it.
 *
 * @param from where it was found: `the variable X`
 * @throws M2mcpError no_identity for what is no JWT, which is not quoted
 */
export function requireJwt(title: string, from: string, token: string, hint: string): Claims {
  const claims = claimsOf(token);
  if (claims) return claims;
  throw noIdentity(title, `what ${from} holds is no JWT`, hint);
}
