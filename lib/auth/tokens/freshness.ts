import { FUTURE_MS, isYoung } from "../../moment.ts";
import type { AuthState, Token } from "../credentials.ts";

/** A token is re-issued this long before its end, in ms; never more than half its life. */
const MARGIN_MS = 60_000;

/** `fresh`: sent; `stale`: sent, while the next is asked for; `expired`: not sent (the words of RFC 9111 §4.2). */
export type Freshness = "fresh" | "stale" | "expired";

/**
 * Whether a token can still be sent, and whether it is time for the next one.
 * @param jitter 0 to 1: processes that share a token do not all find it stale at one moment
 */
export function freshness(token: Token, nowMs: number, jitter: number): Freshness {
  if (token.issuedAtMs - nowMs > FUTURE_MS) return "expired";
  if (token.expiresAtMs === undefined) return "fresh";
  if (nowMs >= token.expiresAtMs) return "expired";
  const lifeMs = token.expiresAtMs - token.issuedAtMs;
  const marginMs = Math.min(lifeMs / 2, MARGIN_MS) * (0.75 + jitter / 4);
  return nowMs >= token.expiresAtMs - marginMs ? "stale" : "fresh";
}

/** A server that was found to want no token is asked again after this time, in ms. */
export const OPEN_LIFE_MS = 3_600_000;

/** Whether requests go without a token, as far as is known. */
export const isOpen = (state: AuthState | undefined, nowMs: number): boolean =>
  state?.openSinceMs !== undefined && isYoung(state.openSinceMs, OPEN_LIFE_MS, nowMs);
