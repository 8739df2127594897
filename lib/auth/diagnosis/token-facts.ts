import { numericDateMs } from "../../moment.ts";
import { allClaimsOf } from "../claims.ts";
import { grantOf, type Token, type TokenOrigin } from "../credentials.ts";

/** What a token is bound to, so that whoever else gets it can do nothing with it alone. */
export type Binding = "dpop" | "certificate";

/** What a token says of itself, and what was said when it was issued. None of it is verified here. */
export interface TokenFacts {
  /** All that a JWT claims; null for what is none. */
  claims: Record<string, unknown> | null;
  issuer: string | null;
  subject: string | null;
  /** `client_id` (RFC 9068 §2.2), `azp`, or Entra ID's `appid`. */
  client: string | null;
  audience: string[];
  scope: string | null;
  /** Entra ID's `roles`, Auth0's `permissions`. */
  roles: string[];
  expiresAtMs: number | null;
  boundTo: Binding | null;
}

/** @param issuer that the token was asked of, where it does not name one */
export function factsOf(
  { accessToken, tokenType, scope, expiresAtMs }: Token,
  origin: TokenOrigin,
  issuer?: string,
): TokenFacts {
  const claims = allClaimsOf(accessToken) ?? null;
  const { iss, sub, aud, exp, cnf, client_id, azp, appid } = claims ?? {};
  const claimed = wordsOf(claims?.scope ?? claims?.scp).join(" ");
  const hasThumbprint = typeof cnf === "object" && cnf !== null && "x5t#S256" in cnf;
  const isOfCertificate = hasThumbprint || grantOf(origin)?.authentication.kind === "tls";
  return {
    claims,
    issuer: textOf(iss) ?? issuer ?? null,
    subject: textOf(sub) ?? null,
    client: textOf(client_id) ?? textOf(azp) ?? textOf(appid) ?? null,
    audience: wordsOf(aud, false),
    scope: scope ?? (claimed || null),
    roles: [...wordsOf(claims?.roles, false), ...wordsOf(claims?.permissions, false)],
    expiresAtMs: expiresAtMs ?? numericDateMs(exp) ?? null,
    boundTo: tokenType === "DPoP" ? "dpop" : isOfCertificate ? "certificate" : null,
  };
}

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

/** A claim that may be one text or several. */
const wordsOf = (value: unknown, isList = true): string[] =>
  [value]
    .flat()
    .filter((one) => typeof one === "string")
    .flatMap((one) => (isList ? one.split(" ") : [one]))
    .filter((one) => one !== "");
