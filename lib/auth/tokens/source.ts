import type { ProofKey } from "../client/proof-key.ts";
import type { AuthState, Discovered, Token, TokenOrigin } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import type { TokenRequestReason } from "./bound-token.ts";

/** What a token is wanted for. */
export interface Wanted {
  server: string;
  reason: TokenRequestReason;
  /** The shared state as it is under the lock. */
  state: AuthState;
  /** Scopes gathered by step-up, space-separated. */
  gathered: string | undefined;
}

/** A token, and what was learnt on the way to it. */
export interface Obtained {
  token: Token;
  /** How far the servers' clock was found to be ahead of ours, in ms. */
  clockSkewMs: number;
  discovered?: Discovered;
  /** The key that the token may be bound to. */
  proofKey?: ProofKey;
  /** What of the gathered scopes is kept. */
  steppedUpScope?: string;
}

/**
 * Gets a token, whatever makes it: a grant of our own, or something else, whose code is loaded here. Null where the server
 * wants none.
 *
 * @throws M2mcpError why there is none
 */
export async function obtainToken(
  deps: AuthDeps,
  origin: TokenOrigin,
  wanted: Wanted,
): Promise<Obtained | null> {
  if (origin.grant === null)
    return (await import("./ready/read-token.ts")).obtainReadyToken(deps, origin, wanted);
  return (await import("./by-grant.ts")).obtainByGrant(deps, origin, wanted);
}
