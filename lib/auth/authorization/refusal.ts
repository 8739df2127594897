import type { Challenge } from "../../net/challenge.ts";
import { SKEW_MS } from "../clock-skew.ts";
import { union } from "../grants/scope.ts";

/** What was changed before a refused request was sent again; each is tried once for a request. */
export type Remedy = "nonce" | "clock" | "token";

/** A refused request as it was authorized. */
export interface SentRequest {
  /** It had a proof of possession (RFC 9449). */
  isBound: boolean;
  /** How far the server's clock is ahead of the one that dated the proof, in ms. */
  skewMs: number;
  tried: readonly Remedy[];
}

/** What a refusal of the MCP server means. */
export type RefusalMeaning =
  /** The server only wants its nonce in the proof (RFC 9449 §9). */
  | { kind: "nonce_wanted" }
  /** The proof was dated by a clock that is wrong. */
  | { kind: "clock_differs"; skewMs: number }
  /** The token is no longer good: another may be. */
  | { kind: "token_refused" }
  /** A remedy was tried and did not help. */
  | { kind: "not_accepted" }
  /**
   * The call wants more than the token allows (RFC 6750 §3.1, MCP "Scope Challenge Handling").
   * @property scopes none where the challenge names none
   */
  | { kind: "insufficient_scope"; scopes: string[] }
  /** No token that can be had here would change it. */
  | { kind: "forbidden" };

/**
 * What a refusal means: the challenge's `error` decides before the status (RFC 6750 §3.1), since gateways answer 400,
 * 401 and 403 alike. Pure.
 */
export function meaningOf(
  status: number,
  challenge: Challenge | undefined,
  sent: SentRequest,
): RefusalMeaning {
  const { error, scope } = challenge?.params ?? {};
  const { isBound, skewMs, tried } = sent;
  if (error === "insufficient_scope") {
    const scopes = union(scope);
    const isNamed = scopes.length > 0;
    return !isNamed && status === 401 ? { kind: "token_refused" } : { kind: "insufficient_scope", scopes };
  }
  if (isBound && error === "use_dpop_nonce")
    return { kind: tried.includes("nonce") ? "not_accepted" : "nonce_wanted" };
  if (isBound && error === "invalid_dpop_proof" && Math.abs(skewMs) > SKEW_MS && !tried.includes("clock"))
    return { kind: "clock_differs", skewMs };
  const isAboutToken =
    status === 401 || error === "invalid_token" || (isBound && error === "invalid_dpop_proof");
  return { kind: isAboutToken ? "token_refused" : "forbidden" };
}
