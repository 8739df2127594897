import type { AuthState, Token, TokenOrigin } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { union } from "../grants/scope.ts";
import { type BoundToken, headerOf, type TokenRequestReason, usableToken } from "./bound-token.ts";
import { answers, errorFrom, rememberFailure } from "./failure.ts";
import { freshness, isOpen } from "./freshness.ts";
import { type Obtained, obtainToken } from "./source.ts";

/** Who asks for a token, for which server, and why. */
export interface Ask {
  server: string;
  credentials: TokenOrigin;
  reason: TokenRequestReason;
  /** Since when the caller waits, in ms since the epoch. */
  startedMs: number;
  jitter: number;
}

/**
 * Gets a token under the lock that all processes share: the one that another has got meanwhile, else by one request.
 * Null where the server wants none. A failure just seen by another process is not repeated.
 *
 * @throws M2mcpError what the source of tokens throws
 */
export function issue(deps: AuthDeps, ask: Ask): Promise<BoundToken | null> {
  const { reason, startedMs, jitter } = ask;
  const freshOf = (state: AuthState | undefined) => {
    const found = usableToken(state, reason, deps.now(), jitter);
    return found && freshness(found.token, deps.now(), jitter) === "fresh" ? found : undefined;
  };
  return deps.withLock(async () => {
    deps.signal?.throwIfAborted();
    const state = (await deps.read({ anew: true })) ?? {};
    const winner = freshOf(state);
    if (winner) return winner;
    if (reason.refused === undefined && isOpen(state, deps.now())) return null;
    const gathered = reason.more
      ? union(state.steppedUpScope, state.token?.scope, reason.more.join(" ")).join(" ")
      : state.steppedUpScope;
    const isStepUp = reason.more !== undefined;
    const scope = { gathered, route: await deps.route?.(), ahead: reason.ahead, isStepUp };
    if (state.failure && answers(state.failure, scope, startedMs, deps.now())) {
      deps.log("a token request has just failed; not repeated");
      throw errorFrom(state.failure);
    }
    try {
      const obtain = () => askAnew(deps, ask, ask.credentials, state, gathered);
      return await (deps.observeTokenRequest ? deps.observeTokenRequest(obtain) : obtain());
    } catch (error) {
      const remember = deps.signal?.aborted ? undefined : rememberFailure(error, scope, deps.now());
      if (remember) await deps.write(remember);
      throw error;
    }
  });
}

/** Asks the source as the credentials are by now, and writes its token down; a login in between comes first. */
async function askAnew(
  deps: AuthDeps,
  ask: Ask,
  given: TokenOrigin,
  state: AuthState,
  gathered: string | undefined,
): Promise<BoundToken | null> {
  const { server, reason } = ask;
  const credentials = (await deps.reload?.()) ?? given;
  const obtained = await obtainToken(deps, credentials, { server, reason, state, gathered });
  if (!obtained) {
    await deps.write((old) => ({ ...old, openSinceMs: deps.now() }));
    return null;
  }
  const now = await deps.reload?.();
  if (now && JSON.stringify(now) !== JSON.stringify(credentials)) {
    // A login came in between: its token is the one to use.
    const theirs = (await deps.read({ anew: true })) ?? {};
    return usableToken(theirs, reason, deps.now(), 0) ?? askAnew(deps, ask, now, theirs, gathered);
  }
  const { proofKey, clockSkewMs, discovered } = obtained;
  // A step-up answers a 403, which says nothing against the token.
  const isReplacement = Boolean(reason.refused) && !reason.more;
  const token: Token = isReplacement ? { ...obtained.token, unproven: true } : obtained.token;
  // A token that its server refused says nothing of whose the credentials are.
  if (discovered?.issuer !== undefined)
    await deps.takenBy?.write(isReplacement ? undefined : discovered.issuer);
  await deps.write((old) => received(old, { ...obtained, token }, reason, deps.now()));
  return { token, clockSkewMs, ...(token.tokenType === "DPoP" && proofKey ? { key: proofKey } : {}) };
}

/** The shared state with a token that has come. The one before it stays at hand while it is good. */
export function received(
  old: AuthState,
  { token, discovered, proofKey, steppedUpScope, clockSkewMs }: Obtained,
  { refused }: TokenRequestReason,
  nowMs: number,
): AuthState {
  const {
    openSinceMs: _o,
    failure: _f,
    renewNotBeforeMs: _r,
    steppedUpScope: _s,
    clockSkewMs: _c,
    spare: _t,
    refused: _n,
    ...rest
  } = old;
  const isSame = old.token?.accessToken === token.accessToken;
  const before = [isSame ? undefined : old.token, old.spare].find(
    (one) => one && headerOf(one) !== refused && one.accessToken !== token.accessToken && !isOver(one, nowMs),
  );
  return {
    ...rest,
    token,
    ...(before ? { spare: before } : {}),
    ...(discovered ? { discovered } : {}),
    ...(proofKey ? { dpop: proofKey } : {}),
    ...(steppedUpScope === undefined ? {} : { steppedUpScope }),
    ...(clockSkewMs === 0 ? {} : { clockSkewMs }),
  };
}

const isOver = (token: Token, nowMs: number) => freshness(token, nowMs, 0) === "expired";
