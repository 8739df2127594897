import { M2mcpError } from "../../failure.ts";
import { quietly } from "../../timing/quietly.ts";
import { until } from "../../timing/until.ts";
import type { AuthState } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { type BoundToken, headerOf, usableToken } from "./bound-token.ts";
import { heldUntil } from "./failure.ts";
import { freshness } from "./freshness.ts";

/** After a renewal before the token's end that failed, the next waits so long, in ms. */
const RENEWAL_PAUSE_MS = 20_000;
/** How long the end waits for a renewal under way, in ms. */
const END_MS = 1500;
/** How long the end waits for a lock that another process holds, in ms: that one renews for all. */
const LOCK_GRACE_MS = 150;

/** A renewal in the background. */
export interface Renewal {
  /** Resolves at its end, however it ends. */
  done: Promise<void>;
  /** Whether it has the lock: one that waits for it has nothing to put away. */
  hasLock(): boolean;
}

/**
 * Begins to renew a token that can still be sent; a failure is nobody's, and holds the next renewal back for a while.
 *
 * @param reissue asks for the next token, with the lock that is given
 */
export function beginRenewal(deps: AuthDeps, reissue: (deps: AuthDeps) => Promise<unknown>): Renewal {
  let hasLock = false;
  const withLock: AuthDeps["withLock"] = (work) =>
    deps.withLock(() => {
      hasLock = true;
      return work();
    });
  const renewed = reissue({ ...deps, withLock }).catch(async (error: unknown) => {
    const againAtMs = error instanceof M2mcpError ? error.againAtMs : undefined;
    const renewNotBeforeMs = heldUntil(deps.now(), RENEWAL_PAUSE_MS, againAtMs);
    await deps.write((old) => ({ ...old, renewNotBeforeMs }));
  });
  return { done: quietly(renewed), hasLock: () => hasLock };
}

/** Gives a renewal a moment to end, then calls `stop`, which ends its exchanges. */
export async function endRenewal({ done, hasLock }: Renewal, stop: () => void): Promise<void> {
  if (await until(done, hasLock() ? END_MS : LOCK_GRACE_MS)) return;
  stop();
  if (hasLock()) await done;
}

/**
 * Goes back to the token from before one that the server refuses, for all processes, where that is good still.
 *
 * @param refused the `Authorization` header that was refused
 */
export async function tokenBefore(
  deps: AuthDeps,
  refused: string,
  jitter: number,
): Promise<BoundToken | undefined> {
  let before: BoundToken | undefined;
  await deps.write((old) => {
    const state = fallBack(old, refused, deps.now());
    before = usableToken(state, { refused }, deps.now(), jitter);
    return state;
  });
  return before;
}

/** The state with the token from before one that the server refuses, where that is good still; else the same. */
function fallBack(old: AuthState, refused: string, nowMs: number): AuthState {
  const { token, spare, ...rest } = old;
  if (!token || !spare || headerOf(token) !== refused || freshness(spare, nowMs, 0) === "expired") return old;
  const renewNotBeforeMs = nowMs + RENEWAL_PAUSE_MS;
  return { ...rest, token: spare, refused: token.accessToken, renewNotBeforeMs };
}
