import type { Challenge } from "../../net/challenge.ts";
import { isSameKey, type ProofKey } from "../client/proof-key.ts";
import type { AuthState, Token } from "../credentials.ts";
import { union } from "../grants/scope.ts";
import { freshness } from "./freshness.ts";

/** A token, and the key that it is bound to (RFC 9449), where it is. */
export interface BoundToken {
  token: Token;
  key?: ProofKey;
  /** How far the servers' clock is ahead of ours, in ms, where it was found to differ. */
  clockSkewMs?: number | undefined;
}

/** Why a token is asked for. */
export interface TokenRequestReason {
  /** The `Authorization` header that was refused; empty where none was sent. */
  refused?: string;
  /** The challenge that came with the refusal. */
  challenge?: Challenge | undefined;
  /** Scopes that a call wants beyond those of the token refused. */
  more?: string[];
  /** The token that there is is good still, and nobody waits for the next. */
  ahead?: true;
}

/** The `Authorization` header that a token is sent in. */
export const headerOf = ({ tokenType, accessToken }: Token): string => `${tokenType} ${accessToken}`;

/** The token in the shared state, when it can be sent in place of the one refused and has the scopes wanted. */
export function usableToken(
  state: AuthState | undefined,
  { refused, more }: { refused?: string; more?: string[] | undefined },
  nowMs: number,
  jitter: number,
): BoundToken | undefined {
  const token = state?.token;
  if (!token || headerOf(token) === refused || freshness(token, nowMs, jitter) === "expired")
    return undefined;
  if (more && token.scope !== undefined) {
    const had = union(token.scope);
    if (!more.every((scope) => had.includes(scope))) return undefined;
  }
  const key = state?.dpop;
  // Without its key a bound token is worth nothing.
  if (token.tokenType === "DPoP" && !key) return undefined;
  return { token, clockSkewMs: state.clockSkewMs, ...(token.tokenType === "DPoP" && key ? { key } : {}) };
}

/**
 * The token that follows another as the one to send: what was learnt of the servers' clock stays, and a key that is
 * the same stays one object with all the nonces that either knows.
 *
 * @param origin the MCP server's, whose last nonce we know best
 */
export function succeed(old: BoundToken | undefined, next: BoundToken, origin: string): BoundToken {
  const clockSkewMs = next.clockSkewMs ?? old?.clockSkewMs;
  const key = old?.key;
  if (!key || !next.key || !isSameKey(key, next.key)) return { ...next, clockSkewMs };
  const own = key.nonces[origin];
  key.nonces = { ...key.nonces, ...next.key.nonces, ...(own === undefined ? {} : { [origin]: own }) };
  return { ...next, clockSkewMs, key };
}
