import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from "jose";
import { oneLine } from "../net/one-line.ts";

/** All that a token says of itself, as it stands there, unverified; undefined where it is no JWT (RFC 7519 §7.2). */
export function allClaimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

/** The header of a token (RFC 7515 §4), unverified; empty where it has none. */
export function headerIn(token: string): ProtectedHeaderParameters {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return {};
  }
}

/** The registered claims that count here, each of the type that it has by RFC 7519 §4.1; unverified. */
export interface Claims {
  iss?: string;
  sub?: string;
  /** A single one is a list of one. */
  aud?: string[];
  /** NumericDates, in s. */
  exp?: number;
  iat?: number;
  nbf?: number;
  [name: string]: unknown;
}

/** What a token says of itself, less claims of a type that says nothing; undefined where it is no JWT. */
export function claimsOf(token: string): Claims | undefined {
  const all = allClaimsOf(token);
  if (all === undefined) return undefined;
  const { iss, sub, aud, exp, iat, nbf, ...rest } = all as Record<string, unknown>;
  const audiences = [aud].flat().filter((one) => typeof one === "string");
  const claims: Claims = { ...rest };
  if (typeof iss === "string") claims.iss = iss;
  if (typeof sub === "string") claims.sub = sub;
  if (audiences.length > 0) claims.aud = audiences;
  for (const [name, value] of [
    ["exp", exp],
    ["iat", iat],
    ["nbf", nbf],
  ] as const)
    if (typeof value === "number") claims[name] = value;
  return claims;
}

/** A claim's value for people, whatever its type. */
export const claimShown = (value: unknown): string =>
  oneLine(
    [value]
      .flat()
      .map((one) => (typeof one === "string" ? one : JSON.stringify(one)))
      .join(" "),
    400,
  );
