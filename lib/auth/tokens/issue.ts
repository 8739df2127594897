import { M2mcpError } from "../../failure.ts";
import type { AuthState, Credentials, Discovered, Failure, Token } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import type { Challenge } from "../discovery/challenge.ts";
import { discover } from "../discovery/discover.ts";
import { probe } from "../discovery/probe.ts";
import { type Issued, requestToken, wantedScope } from "../grants/grant.ts";
import type { ProofKey } from "./dpop.ts";
import { headerOf, judgeToken, union } from "./freshness.ts";

/** What is cached of the authorization server is asked for anew after this time, in ms. */
const DISCOVERY_LIFE_MS = 24 * 3_600_000;
/** A failure this young counts for who asks now, in ms. */
const FAILURE_LIFE_MS = 5000;

/** Failures on this machine: they cost no request, and who mends them tries again at once. */
const LOCAL = ["logged_out", "secret_unreadable", "command_failed", "bad_key", "insecure_url"];

/** Failures after which what is cached of the authorization server is looked at again: its endpoint may have moved. */
const MOVED = ["bad_token_answer", "redirect"];

/** A token, and the key that it is bound to. */
export interface Held {
  token: Token;
  key?: ProofKey;
  /** How far the servers' clock is ahead of ours, in ms, where it was found to differ. */
  clockSkewMs?: number | undefined;
}

/** Why a token is asked for. */
export interface Wish {
  /** The `Authorization` header that was refused. */
  refused?: string;
  /** The challenge that came with the refusal. */
  challenge?: Challenge | undefined;
  /** Scopes that a call wants beyond those of the token refused. */
  more?: string[];
}

/** The token in the shared state, when it can be sent in place of the one refused and has the scopes wanted. */
export function usable(
  state: AuthState | undefined,
  { refused, more }: Pick<Wish, "refused" | "more">,
  nowMs: number,
  jitter: number,
): Held | undefined {
  const token = state?.token;
  if (!token || headerOf(token) === refused || judgeToken(token, nowMs, jitter) === "over") return undefined;
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
 * Gets a token under the lock that all processes share: the one that another has got meanwhile, else by one request.
 * A failure just seen by another process is not repeated.
 *
 * @param startedMs since when the caller waits, in ms since the epoch
 * @throws M2mcpError what discovery and the grant throw
 */
export function issue(
  deps: AuthDeps,
  server: string,
  given: Credentials,
  wish: Wish,
  startedMs: number,
  jitter: number,
): Promise<Held> {
  return deps.withLock(async () => {
    deps.signal?.throwIfAborted();
    const state = (await deps.read()) ?? {};
    const winner = usable(state, wish, deps.now(), jitter);
    if (winner && judgeToken(winner.token, deps.now(), jitter) === "good") return winner;
    const gathered = wish.more
      ? union(state.steppedUpScope, state.token?.scope, wish.more.join(" ")).join(" ")
      : state.steppedUpScope;
    if (state.failure && counts(state.failure, gathered, startedMs, deps.now())) {
      deps.log("a token request has just failed; not repeated");
      const { code, exitCode, message, hint } = state.failure;
      throw new M2mcpError(code, exitCode as M2mcpError["exitCode"], message, hint);
    }
    try {
      return await ask(deps, server, given, state, wish, gathered);
    } catch (error) {
      if (error instanceof M2mcpError && !LOCAL.includes(error.code) && !deps.signal?.aborted) {
        const { code, exitCode, message, hint } = error;
        const failure: Failure = {
          atMs: deps.now(),
          code,
          exitCode,
          message,
          ...(hint === undefined ? {} : { hint }),
          ...(gathered === undefined ? {} : { steppedUpScope: gathered }),
        };
        const isMoved = MOVED.includes(code);
        await deps.write(({ discovered: found, ...old }) => ({
          ...old,
          failure,
          ...(found ? { discovered: isMoved ? { ...found, discoveredAtMs: 0 } : found } : {}),
        }));
      }
      throw error;
    }
  });
}

/** Whether a failure answers a request for the same: it came while the caller waited, or a moment before. */
function counts(failure: Failure, gathered: string | undefined, startedMs: number, nowMs: number): boolean {
  if (failure.steppedUpScope !== gathered || failure.atMs > nowMs) return false;
  return failure.atMs >= startedMs || nowMs - failure.atMs < FAILURE_LIFE_MS;
}

async function ask(
  deps: AuthDeps,
  server: string,
  given: Credentials,
  state: AuthState,
  wish: Wish,
  gathered: string | undefined,
): Promise<Held> {
  const { refused, challenge, more } = wish;
  const credentials = (await deps.reload?.()) ?? given;
  const found = await discovered(deps, server, credentials, state, challenge);
  const means = { proofKey: state.dpop, clockSkewMs: state.clockSkewMs };
  const request = (scopes: string | undefined) =>
    requestToken(deps, credentials, found, { ...means, scope: wantedScope(credentials, found, scopes) });
  let kept = gathered;
  let issued: Issued;
  try {
    issued = await request(gathered);
  } catch (error) {
    // What was gathered once may not be allowed any more: the scopes it began with may be.
    const isTooMuch = error instanceof M2mcpError && error.code === "scope_refused";
    if (!isTooMuch || more || gathered === undefined) throw error;
    if (credentials.grant === "jwt-bearer") {
      // A refusal of this grant is final: who asks next begins with the first scopes.
      await deps.write(({ steppedUpScope: _, ...old }) => old);
      throw error;
    }
    deps.log("the scopes gathered so far are refused: asking for the first ones alone");
    kept = undefined;
    issued = await request(undefined);
  }
  // A login came in between: its token is the one to use.
  const now = await deps.reload?.();
  if (now && JSON.stringify(now) !== JSON.stringify(credentials)) {
    const theirs = (await deps.read()) ?? {};
    const newer = usable(theirs, wish, deps.now(), 0);
    return newer ?? ask(deps, server, now, theirs, wish, gathered);
  }
  const { proofKey, clockSkewMs } = issued;
  // A step-up answers a 403, which says nothing against the token.
  const token: Token = refused === undefined || more ? issued.token : { ...issued.token, unproven: true };
  await deps.write(({ failure: _f, renewNotBeforeMs: _r, steppedUpScope: _s, clockSkewMs: _c, ...rest }) => ({
    ...rest,
    token,
    discovered: proofKey ? { ...found, dpop: true } : found,
    ...(proofKey ? { dpop: proofKey } : {}),
    ...(kept === undefined ? {} : { steppedUpScope: kept }),
    ...(clockSkewMs === 0 ? {} : { clockSkewMs }),
  }));
  return { token, clockSkewMs, ...(token.tokenType === "DPoP" && proofKey ? { key: proofKey } : {}) };
}

/** What is known of the authorization server: cached, else from the challenge that the server gives. */
async function discovered(
  deps: AuthDeps,
  server: string,
  credentials: Credentials,
  state: AuthState,
  challenge: Challenge | undefined,
): Promise<Discovered> {
  const cached = state.discovered;
  // Where no login recorded an issuer, the first one that gave a token counts as recorded.
  const issuer = credentials.issuer ?? (state.token ? cached?.issuer : undefined);
  const isCurrent =
    cached !== undefined &&
    deps.now() - cached.discoveredAtMs < DISCOVERY_LIFE_MS &&
    challenge === undefined &&
    (credentials.tokenEndpoint === undefined || credentials.tokenEndpoint === cached.tokenEndpoint) &&
    (issuer === undefined || issuer === cached.issuer);
  if (isCurrent) return cached;
  const met =
    challenge ??
    (credentials.tokenEndpoint === undefined ? (await probe(deps, server)).challenge : undefined);
  const found = await discover(deps, server, { ...credentials, ...(issuer ? { issuer } : {}) }, met);
  // That a proof is wanted is learnt from the token endpoint too.
  return cached?.dpop && cached.tokenEndpoint === found.tokenEndpoint ? { ...found, dpop: true } : found;
}
