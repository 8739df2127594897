import type { Challenge } from "../../net/challenge.ts";
import type { AuthState, Credentials, Discovered } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { discover } from "./discover.ts";
import { probe } from "./probe.ts";

/** What is cached of the authorization server is asked for anew after this time, in ms. */
const DISCOVERY_LIFE_MS = 24 * 3_600_000;

/**
 * What is known of the authorization server: cached, else from the challenge that the server gives.
 *
 * @param challenge of a refusal just met: what is cached does not count then
 * @throws M2mcpError what discovery throws
 */
export async function discoverCached(
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
