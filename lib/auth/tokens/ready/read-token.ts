import { M2mcpError } from "../../../failure.ts";
import { momentMs } from "../../../moment.ts";
import { sleep } from "../../../timing/sleep.ts";
import { isPlatformSource, readTokenText } from "../../client/secrets.ts";
import { clockSkew, inSeconds, SKEW_MS } from "../../clock-skew.ts";
import type { AssertionSource, AuthState, ReadyToken } from "../../credentials.ts";
import type { AuthDeps } from "../../deps.ts";
import { probe } from "../../discovery/probe.ts";
import { resourceOf } from "../../discovery/url.ts";
import { headerOf, usableToken } from "../bound-token.ts";
import type { Obtained, Wanted } from "../source.ts";
import { badToken, noMoreScopes, tokenBoundElsewhere, tokenOver, tokenUnchanged } from "./errors.ts";
import { nameOf } from "./source-name.ts";
import { NoToken, parseTokenText, type ReadToken } from "./token-text.ts";

/** `Date` has whole seconds, in ms. */
const DATE_STEP_MS = 1000;
/** A file that is missing or cut off may be about to be replaced: it is looked at so often, and so long apart, in ms. */
const LOOKS = 5;
const LOOK_MS = 100;

/**
 * The token that something else makes, as it is now. Not taken is one that the server has just refused, and one that is
 * over by the server's clock.
 *
 * @throws M2mcpError secret_unreadable, command_failed, bad_token, token_over, token_unchanged, no_more_scopes; what a
 *   platform throws
 */
export async function obtainReadyToken(
  deps: AuthDeps,
  origin: ReadyToken,
  { server, reason, state }: Wanted,
): Promise<Obtained> {
  const what = nameOf(origin.token);
  if (reason.more) throw noMoreScopes(what);
  const given = await readSource(deps, origin, server);
  if (given.type?.toLowerCase() === "dpop") throw tokenBoundElsewhere(what);
  const token = { accessToken: given.accessToken, tokenType: "Bearer" as const, issuedAtMs: deps.now() };
  const isRefusedBefore = given.accessToken === state.refused && usableToken(state, reason, deps.now(), 0);
  if (headerOf(token) === reason.refused || isRefusedBefore) throw tokenUnchanged(what);
  const { endsAtMs, clockSkewMs } = await lifeOf(deps, origin, given, server, state);
  if (endsAtMs !== undefined && endsAtMs <= deps.now())
    throw tokenOver(what, deps.now() - endsAtMs, origin.token.from === "value");
  return {
    token: {
      ...token,
      ...(given.scope === undefined ? {} : { scope: given.scope }),
      ...(endsAtMs === undefined ? {} : { expiresAtMs: endsAtMs }),
    },
    clockSkewMs,
  };
}

/** Reads a source; a file that is being written is looked at once more. */
async function readSource(deps: AuthDeps, origin: ReadyToken, server: string): Promise<ReadToken> {
  const { token: source } = origin;
  if (isPlatformSource(source)) {
    const { readIdentity } = await import("../../platforms/read-identity.ts");
    const { token, expiresAtMs } = await readIdentity(source, origin.audience ?? resourceOf(server), deps);
    return { ...parsed(token, source), ...(expiresAtMs === undefined ? {} : { endsAtMs: expiresAtMs }) };
  }
  for (let look = 1; ; look++)
    try {
      return parsed(await readTokenText(source, deps, nameOf(source)), source);
    } catch (error) {
      const mayChange = error instanceof M2mcpError && source.from === "file" && look < LOOKS;
      if (!mayChange || deps.signal?.aborted) throw error;
      await sleep(LOOK_MS);
    }
}

function parsed(text: string, source: AssertionSource): ReadToken {
  try {
    return parseTokenText(text);
  } catch (error) {
    throw error instanceof NoToken ? badToken(nameOf(source), error.why) : error;
  }
}

interface Life {
  /** By our clock, in ms since the epoch; undefined: good until it is refused. */
  endsAtMs?: number;
  /** How far the server's clock is ahead of ours, as far as that mattered, in ms. */
  clockSkewMs: number;
}

/**
 * When a token ends by our clock. It says so by its issuer's: where that makes no sense here, the server is asked what
 * time it is, since it is the one who judges.
 */
async function lifeOf(
  deps: AuthDeps,
  { lifetimeMs }: ReadyToken,
  given: ReadToken,
  server: string,
  { clockSkewMs: known = 0 }: AuthState,
): Promise<Life> {
  const nowMs = deps.now();
  const ownMs = lifetimeMs ?? given.lifeMs;
  if (ownMs !== undefined) return { endsAtMs: momentMs(nowMs + ownMs) ?? nowMs, clockSkewMs: known };
  const { endsAtMs, issuedAtMs = 0 } = given;
  if (endsAtMs === undefined) return { clockSkewMs: known };
  const fits = endsAtMs > nowMs + known && issuedAtMs <= nowMs + known + SKEW_MS;
  const clockSkewMs = fits ? known : await skewOf(deps, server);
  // The skew may be half a second off either way: better sent once too often than given up while it is good.
  const doubtMs = clockSkewMs === 0 ? 0 : DATE_STEP_MS / 2;
  return { endsAtMs: momentMs(endsAtMs - clockSkewMs + doubtMs) ?? endsAtMs, clockSkewMs };
}

/** How far the server's clock is ahead of ours, where that matters, in ms; 0 where it does not say. */
async function skewOf(deps: AuthDeps, server: string): Promise<number> {
  try {
    const skewMs = clockSkew(await probe(deps, server), deps.now());
    if (Math.abs(skewMs) <= SKEW_MS) return 0;
    deps.log(`the clock here is ${inSeconds(-skewMs)} the server's, whose counts`);
    return skewMs;
  } catch (error) {
    if (deps.signal?.aborted) throw error;
    return 0;
  }
}
