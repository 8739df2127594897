import { M2mcpError } from "../../failure.ts";
import type { Credentials, Discovered } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { discoverCached } from "../discovery/cached.ts";
import { type Issued, requestToken } from "../grants/request-token.ts";
import { union, wantedScope } from "../grants/scope.ts";
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
  const { issued, kept } = await requestWithGathered(deps, credentials, found, { ...wanted, gathered });
  const { token, proofKey, clockSkewMs } = issued;
  return {
    token,
    clockSkewMs,
    discovered: proofKey ? { ...found, dpop: true } : found,
    ...(proofKey ? { proofKey } : {}),
    ...(kept === undefined ? {} : { steppedUpScope: kept }),
  };
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
