import { M2mcpError } from "../../failure.ts";
import type { AuthState, Credentials, Discovered, Token } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { discoverCached } from "../discovery/cached.ts";
import { type Issued, requestToken } from "../grants/request-token.ts";
import { union, wantedScope } from "../grants/scope.ts";
import { type BoundToken, type TokenRequestReason, usableToken } from "./bound-token.ts";
import { answers, errorFrom, rememberFailure } from "./failure.ts";
import { freshness, isOpen } from "./freshness.ts";

/** Who asks for a token, for which server, and why. */
export interface Ask {
  server: string;
  credentials: Credentials;
  reason: TokenRequestReason;
  /** Since when the caller waits, in ms since the epoch. */
  startedMs: number;
  jitter: number;
}

/**
 * Gets a token under the lock that all processes share: the one that another has got meanwhile, else by one request.
 * Null where the server wants none. A failure just seen by another process is not repeated.
 *
 * @throws M2mcpError what discovery and the grant throw
 */
export function issue(deps: AuthDeps, ask: Ask): Promise<BoundToken | null> {
  const { reason, startedMs, jitter } = ask;
  return deps.withLock(async () => {
    deps.signal?.throwIfAborted();
    const state = (await deps.read()) ?? {};
    const winner = usableToken(state, reason, deps.now(), jitter);
    if (winner && freshness(winner.token, deps.now(), jitter) === "fresh") return winner;
    if (reason.refused === undefined && isOpen(state, deps.now())) return null;
    const gathered = reason.more
      ? union(state.steppedUpScope, state.token?.scope, reason.more.join(" ")).join(" ")
      : state.steppedUpScope;
    const scope = { gathered, route: await deps.route?.() };
    if (state.failure && answers(state.failure, scope, startedMs, deps.now())) {
      deps.log("a token request has just failed; not repeated");
      throw errorFrom(state.failure);
    }
    try {
      return await askAnew(deps, ask, ask.credentials, state, gathered);
    } catch (error) {
      const remember = deps.signal?.aborted ? undefined : rememberFailure(error, scope, deps.now());
      if (remember) await deps.write(remember);
      throw error;
    }
  });
}

/** Asks for a token with the credentials as they are by now, and writes it down; a login in between comes first. */
async function askAnew(
  deps: AuthDeps,
  ask: Ask,
  given: Credentials,
  state: AuthState,
  gathered: string | undefined,
): Promise<BoundToken | null> {
  const { server, reason } = ask;
  const credentials = (await deps.reload?.()) ?? given;
  const found = await discoverCached(deps, server, credentials, state, reason.challenge);
  if (!found) {
    await deps.write((old) => ({ ...old, openSinceMs: deps.now() }));
    return null;
  }
  const { issued, kept } = await requestWithGathered(deps, credentials, found, state, reason, gathered);
  const now = await deps.reload?.();
  if (now && JSON.stringify(now) !== JSON.stringify(credentials)) {
    // A login came in between: its token is the one to use.
    const theirs = (await deps.read()) ?? {};
    return usableToken(theirs, reason, deps.now(), 0) ?? askAnew(deps, ask, now, theirs, gathered);
  }
  const { proofKey, clockSkewMs } = issued;
  // A step-up answers a 403, which says nothing against the token.
  const isReplacement = Boolean(reason.refused) && !reason.more;
  const token: Token = isReplacement ? { ...issued.token, unproven: true } : issued.token;
  // A token that its server refused says nothing of whose the credentials are.
  if (found.issuer !== undefined) await deps.takenBy?.write(isReplacement ? undefined : found.issuer);
  await deps.write(
    ({
      openSinceMs: _o,
      failure: _f,
      renewNotBeforeMs: _r,
      steppedUpScope: _s,
      clockSkewMs: _c,
      ...rest
    }) => ({
      ...rest,
      token,
      discovered: proofKey ? { ...found, dpop: true } : found,
      ...(proofKey ? { dpop: proofKey } : {}),
      ...(kept === undefined ? {} : { steppedUpScope: kept }),
      ...(clockSkewMs === 0 ? {} : { clockSkewMs }),
    }),
  );
  return { token, clockSkewMs, ...(token.tokenType === "DPoP" && proofKey ? { key: proofKey } : {}) };
}

/**
 * Asks with the scopes that step-up gathered; those refused once they are not allowed any more are given up, and the
 * ones it began with asked for.
 */
async function requestWithGathered(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
  state: AuthState,
  { more }: TokenRequestReason,
  gathered: string | undefined,
): Promise<{ issued: Issued; kept: string | undefined }> {
  const means = { proofKey: state.dpop, clockSkewMs: state.clockSkewMs };
  const request = (scopes: string | undefined) =>
    requestToken(deps, credentials, found, { ...means, scope: wantedScope(credentials, found, scopes) });
  try {
    return { issued: await request(gathered), kept: gathered };
  } catch (error) {
    const isTooMuch = error instanceof M2mcpError && error.code === "scope_refused";
    if (!isTooMuch || more || gathered === undefined) throw error;
    if (credentials.grant === "jwt-bearer") {
      // A refusal of this grant is final: who asks next begins with the first scopes.
      await deps.write(({ steppedUpScope: _, ...old }) => old);
      throw error;
    }
    deps.log("the scopes gathered so far are refused: asking for the first ones alone");
    return { issued: await request(undefined), kept: undefined };
  }
}
