import { EXIT, M2mcpError } from "../../failure.ts";
import type { Credentials, Discovered } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { discoverCached, isCurrent } from "../discovery/cached.ts";
import { type Issued, requestToken } from "../grants/request-token.ts";
import { endpointFor, union, wantedScope } from "../grants/scope.ts";
import type { Obtained, Wanted } from "./source.ts";

/**
 * A token by a grant: from the authorization server that discovery finds. Null where the server wants none.
 *
 * @throws M2mcpError what discovery and the grant throw
 */
export async function obtainByGrant(
  deps: AuthDeps,
  credentials: Credentials,
  wanted: Wanted,
): Promise<Obtained | null> {
  const { server, state, reason } = wanted;
  const found = await discoverCached(deps, server, credentials, state, reason.challenge);
  if (!found) return null;
  const gathered = withFormer(credentials, wanted);
  const obtain = (by: Discovered) => requestWithGathered(deps, credentials, by, { ...wanted, gathered });
  const startedMs = performance.now();
  try {
    return await obtain(found);
  } catch (error) {
    // What has taken its time may not take as much again.
    const isSoon = performance.now() - startedMs < deps.timeoutMs / 2;
    const isCached = found === state.discovered && isCurrent(found, deps.now());
    const mayBeOld = isCached && isSoon && mayHaveMoved(error);
    const moved = mayBeOld ? await findMoved(deps, credentials, found, wanted) : undefined;
    if (!moved) throw error;
    deps.log(`the token endpoint has moved: asking at ${endpointFor(credentials, moved)}`);
    return obtain(moved);
  }
}

/** Whether a failure may come of what is known of an authorization server: its host, or its endpoint, is there no more. */
const mayHaveMoved = (error: unknown): boolean =>
  error instanceof M2mcpError &&
  (error.exitCode === EXIT.network || error.code === "bad_token_answer" || error.code === "redirect");

/** Failures that tell why a server that has moved gets no credentials. */
const NOT_FOLLOWED = ["issuer_moved", "issuer_of_secret"];

/**
 * What the server and its authorization server say by now, where that is another token endpoint than the one known.
 *
 * @throws M2mcpError issuer_moved, issuer_of_secret
 */
async function findMoved(
  deps: AuthDeps,
  credentials: Credentials,
  known: Discovered,
  { server, state }: Wanted,
): Promise<Discovered | undefined> {
  const old = { ...state, discovered: { ...known, discoveredAtMs: 0 } };
  try {
    const found = await discoverCached(deps, server, credentials, old, undefined);
    const isOther = found && endpointFor(credentials, found) !== endpointFor(credentials, known);
    return isOther ? found : undefined;
  } catch (error) {
    deps.signal?.throwIfAborted();
    if (error instanceof M2mcpError && !NOT_FOLLOWED.includes(error.code)) return undefined;
    throw error;
  }
}

/**
 * The scopes gathered, with those of the token before that the challenge to it does not name: a challenge is about one
 * operation, and the others go on (MCP "Scope Selection Strategy"). What the user has named stays as it is, and so does
 * what one refusal would end.
 */
function withFormer(
  { scope, grant }: Credentials,
  { state, reason: { challenge, more }, gathered }: Wanted,
): string | undefined {
  const named = union(challenge?.params.scope);
  if (more || scope !== undefined || grant === "jwt-bearer" || named.length === 0) return gathered;
  const former = union(state.token?.scope).filter((one) => !named.includes(one));
  return former.length === 0 ? gathered : union(gathered, former.join(" ")).join(" ");
}

/**
 * Asks with the scopes that step-up gathered; those refused once they are not allowed any more are given up, and the
 * ones it began with asked for.
 */
async function requestWithGathered(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
  { state, reason: { more }, gathered }: Wanted,
): Promise<Obtained> {
  const means = { proofKey: state.dpop, clockSkewMs: state.clockSkewMs };
  const request = (scopes: string | undefined) =>
    requestToken(deps, credentials, found, { ...means, scope: wantedScope(credentials, found, scopes) });
  try {
    return obtained(found, await request(gathered), gathered);
  } catch (error) {
    const isTooMuch = error instanceof M2mcpError && error.code === "scope_refused";
    if (!isTooMuch || more || gathered === undefined) throw error;
    if (credentials.grant === "jwt-bearer") {
      // A refusal of this grant is final: who asks next begins with the first scopes.
      await deps.write(({ steppedUpScope: _, ...old }) => old);
      throw error;
    }
    deps.log("the scopes gathered so far are refused: asking for the first ones alone");
    return obtained(found, await request(undefined), undefined);
  }
}

/** @param kept of the scopes gathered */
const obtained = (
  found: Discovered,
  { token, proofKey, clockSkewMs }: Issued,
  kept: string | undefined,
): Obtained => ({
  token,
  clockSkewMs,
  discovered: proofKey ? { ...found, dpop: true } : found,
  ...(proofKey ? { proofKey } : {}),
  ...(kept === undefined ? {} : { steppedUpScope: kept }),
});
