import { isPassing, M2mcpError } from "../../failure.ts";
import { isYoung } from "../../moment.ts";
import type { Challenge } from "../../net/challenge.ts";
import type { AuthState, Credentials, Discovered } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { discover } from "./discover.ts";
import { issuerOfSecret } from "./errors.ts";
import { probe } from "./probe.ts";

/** What is cached of an authorization server is asked for anew after this time, in ms. */
const DISCOVERY_LIFE_MS = 24 * 3_600_000;

/** Whether what is cached of an authorization server, or an identity provider, still counts. */
export const isCurrent = ({ discoveredAtMs }: Pick<Discovered, "discoveredAtMs">, nowMs: number): boolean =>
  isYoung(discoveredAtMs, DISCOVERY_LIFE_MS, nowMs);

/**
 * What is known of the authorization server: cached, else from the challenge that the server gives; null where the
 * server asks for no token and names nobody who would issue one. Who is to say it anew and is out of order, or out of
 * reach, says nothing against what is cached.
 *
 * @param challenge of a refusal just met: what is cached does not count then
 * @throws M2mcpError what discovery throws, issuer_of_secret
 */
export async function discoverCached(
  deps: AuthDeps,
  server: string,
  credentials: Credentials,
  state: AuthState,
  challenge: Challenge | undefined,
): Promise<Discovered | null> {
  const cached = state.discovered;
  const asking = askedOf(credentials, state);
  const { issuer } = asking;
  const isOfThese =
    cached !== undefined &&
    challenge === undefined &&
    (credentials.tokenEndpoint === undefined || credentials.tokenEndpoint === cached.tokenEndpoint) &&
    (issuer === undefined || issuer === cached.issuer);
  if (isOfThese && isCurrent(cached, deps.now())) return cached;
  const found = await discoverFirst(deps, server, asking, challenge).catch((error: unknown) => {
    if (!isOfThese || !isPassing(error)) throw error;
    deps.log(`going on with what is known of the authorization server: ${error.message}`);
    return cached;
  });
  if (!found) return null;
  await requireSameIssuer(deps, server, credentials, found);
  // That a proof is wanted is learnt from the token endpoint too.
  return cached?.dpop && cached.tokenEndpoint === found.tokenEndpoint ? { ...found, dpop: true } : found;
}

/** Of whom tokens are asked: where no login recorded an issuer, the first one that gave a token counts as recorded. */
export function askedOf(
  { issuer: recorded, ...credentials }: Credentials,
  { token, discovered }: AuthState,
): Credentials {
  const issuer = recorded ?? (token ? discovered?.issuer : undefined);
  return { ...credentials, ...(issuer ? { issuer } : {}) };
}

/**
 * What a server and its authorization server say, asked anew; null where it asks for no token and names nobody who would
 * issue one.
 *
 * @throws M2mcpError what discovery throws
 */
export async function discoverFirst(
  deps: Parameters<typeof discover>[0],
  server: string,
  asking: Pick<Credentials, "tokenEndpoint" | "issuer">,
  challenge?: Challenge,
): Promise<Discovered | null> {
  const isProbed = challenge === undefined && asking.tokenEndpoint === undefined;
  const met = isProbed ? await probe(deps, server) : { challenge, wantsToken: true, words: undefined };
  return discover(deps, server, asking, met.challenge).catch((error: unknown) => {
    const isNowhere = error instanceof M2mcpError && error.code === "no_authorization_server";
    if (isNowhere && !met.wantsToken) return null;
    throw isNowhere && met.words !== undefined ? saying(error, met.words) : error;
  });
}

/** An error with what the server itself says of it. */
const saying = ({ code, exitCode, message, hint }: M2mcpError, words: string) =>
  new M2mcpError(code, exitCode, `${message}; it says: ${words}`, hint);

/**
 * Credentials that one issuer has taken go to no other one, whichever server names it, without the user's word. All
 * issuers of one origin count as one: who has the origin sees what is sent to any of them.
 *
 * @throws M2mcpError issuer_of_secret
 */
export async function requireSameIssuer(
  { takenBy }: Pick<AuthDeps, "takenBy">,
  server: string,
  { issuer: named }: Pick<Credentials, "issuer">,
  { issuer }: Pick<Discovered, "issuer">,
): Promise<void> {
  if (named !== undefined || issuer === undefined) return;
  const taken = await takenBy?.read();
  if (taken !== undefined && new URL(taken).origin !== new URL(issuer).origin)
    throw issuerOfSecret(server, taken, issuer);
}
