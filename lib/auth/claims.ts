import { decodeJwt, type JWTPayload } from "jose";

/** What a token says of itself, unverified; undefined where it is no JWT (RFC 7519 §7.2). */
export function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}
