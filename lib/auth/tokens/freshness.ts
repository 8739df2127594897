import type { Token } from "../credentials.ts";

/** A token is re-issued this long before its end, in ms; never more than half its life. */
const MARGIN_MS = 60_000;
/** A token issued further in the future than this was issued under a clock that was wrong, in ms. */
const FUTURE_MS = 5 * 60_000;

/**
 * Whether a token can still be sent, and whether it is time for the next one.
 * @param jitter 0 to 1: processes that share a token do not all find it aging at one moment
 */
export function judgeToken(token: Token, nowMs: number, jitter: number): "good" | "aging" | "over" {
  if (token.issuedAtMs - nowMs > FUTURE_MS) return "over";
  if (token.expiresAtMs === undefined) return "good";
  if (nowMs >= token.expiresAtMs) return "over";
  const lifeMs = token.expiresAtMs - token.issuedAtMs;
  const marginMs = Math.min(lifeMs / 2, MARGIN_MS) * (0.75 + jitter / 4);
  return nowMs >= token.expiresAtMs - marginMs ? "aging" : "good";
}

/** The `Authorization` header that a token is sent in. */
export const headerOf = ({ tokenType, accessToken }: Token): string => `${tokenType} ${accessToken}`;

/** Scopes of several lists, each once. */
export const union = (...lists: (string | undefined)[]): string[] => [
  ...new Set(lists.flatMap((list) => (list ?? "").split(" ")).filter((scope) => scope !== "")),
];
