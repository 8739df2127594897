// Where a server's tokens come from: its challenge, its metadata (RFC 9728), its authorization server's (RFC 8414).
import { EXIT, M2mcpError } from "../../failure.ts";
import type { Challenge } from "../../net/challenge.ts";
import type { Credentials, Discovered } from "../credentials.ts";
import { grantsForPeople } from "../grants/for-people.ts";
import { issuerMoved, noAuthorizationServer } from "./errors.ts";
import { discoverIssuer, type IssuerMetadata } from "./issuer.ts";
import type { DiscoveryDeps } from "./look-up.ts";
import { MAX_ISSUERS, ownIssuers, sameIssuer } from "./places.ts";
import { discoverResource, type ResourceMetadata } from "./resource.ts";
import { type AddressCheck, addressCheck, requireSecure, resourceOf } from "./url.ts";

/** Scopes that are about a person (OpenID Connect Core §5.4 and §11): no machine is granted them. */
const PERSONAL = ["openid", "profile", "email", "address", "phone", "offline_access"];

/** An issuer that is named and cannot be used at all; one that is only out of order for now keeps its place. */
const UNUSABLE = ["invalid_metadata", "issuer_mismatch", "insecure_url", "directed_inward", "no_metadata"];

/** What a place without metadata is answered with. */
const ABSENT = ["no_metadata", "metadata_refused", "http_status", "redirect"];

type Asking = Pick<Credentials, "tokenEndpoint" | "issuer">;

/**
 * All that a token request needs to know of a server. With `--token-endpoint` nothing is asked of the authorization
 * server. A server that names no authorization server is its own (MCP 2025-03-26).
 *
 * @throws M2mcpError issuer_moved when the server now names another issuer than login recorded;
 *   no_authorization_server when none is named or found anywhere
 */
export async function discover(
  deps: DiscoveryDeps,
  server: string,
  credentials: Asking,
  challenge: Challenge | undefined,
): Promise<Discovered> {
  const { tokenEndpoint } = credentials;
  if (tokenEndpoint !== undefined) return withoutDiscovery(deps, server, tokenEndpoint, challenge);
  const check = addressCheck(server, credentials, deps.allowHttp);
  const { found: resource, reason } = await discoverResource(deps, check, server, challenge);
  // The issuer that the user has named is asked whatever becomes of the server's word on it.
  const isOutOfReach = reason?.exitCode === EXIT.network;
  if (isOutOfReach && credentials.issuer === undefined) throw reason;
  const issuers = issuersNamed(server, resource, credentials.issuer);
  const { issuer, metadata } = issuers
    ? await firstUsable(deps, check, issuers)
    : await ownIssuer(deps, check, server, reason);
  const scope = challenge?.params.scope || forMachines(resource).join(" ");
  const challengeAlgs = challenge?.scheme === "dpop" ? challenge.params.algs?.split(/\s+/) : undefined;
  const proofAlgs = [challengeAlgs, resource?.dpopAlgs].filter((algs) => algs !== undefined);
  return {
    resource: resource?.resource ?? resourceOf(server),
    issuer,
    ...metadata,
    ...(proofAlgs.length > 0 ? { proofAlgs } : {}),
    ...(challenge?.scheme === "dpop" || resource?.dpop ? { dpop: true } : {}),
    ...(scope ? { scope } : {}),
    // What could not be asked now is asked the next time.
    discoveredAtMs: isOutOfReach ? 0 : deps.now(),
  };
}

/** The scopes that a resource's metadata names, less those about a person. */
const forMachines = (resource: ResourceMetadata | undefined): string[] =>
  resource?.scopes?.filter((one) => !PERSONAL.includes(one)) ?? [];

/**
 * The scopes that a server's metadata names; none where there is no metadata to be had.
 *
 * @throws the signal's reason
 */
export async function scopesOfServer(
  deps: DiscoveryDeps,
  server: string,
  credentials: Asking,
  challenge: Challenge | undefined,
): Promise<string[]> {
  const check = addressCheck(server, credentials, deps.allowHttp);
  try {
    return forMachines((await discoverResource(deps, check, server, challenge)).found);
  } catch (error) {
    deps.signal?.throwIfAborted();
    if (error instanceof M2mcpError) return [];
    throw error;
  }
}

function withoutDiscovery(
  { allowHttp, now }: DiscoveryDeps,
  server: string,
  tokenEndpoint: string,
  challenge: Challenge | undefined,
): Discovered {
  requireSecure(tokenEndpoint, "the token endpoint", allowHttp);
  const scope = challenge?.params.scope;
  return {
    resource: resourceOf(server),
    tokenEndpoint,
    ...(scope === undefined ? {} : { scope }),
    ...(challenge?.scheme === "dpop" ? { dpop: true } : {}),
    discoveredAtMs: now(),
  };
}

interface Found {
  issuer: string;
  metadata: IssuerMetadata;
}

/**
 * The first of the issuers named that can be used; one that names no grant for machines counts where no other does better
 * (RFC 9728 §7.6).
 *
 * @throws M2mcpError why the first cannot
 */
async function firstUsable(deps: DiscoveryDeps, check: AddressCheck, issuers: string[]): Promise<Found> {
  let reason: unknown;
  let forPeople: Found | undefined;
  for (const issuer of issuers.slice(0, MAX_ISSUERS))
    try {
      const found = { issuer, metadata: await discoverIssuer(deps, check, issuer) };
      if (grantsForPeople(found.metadata.grants) === undefined) return found;
      forPeople ??= found;
    } catch (error) {
      reason ??= error;
      const isPassedOver = error instanceof M2mcpError && UNUSABLE.includes(error.code);
      if (isPassedOver) continue;
      if (forPeople) break;
      throw error;
    }
  if (forPeople) return forPeople;
  throw reason;
}

/**
 * The server as its own authorization server.
 *
 * @param noResource why there is no word of the server on this
 * @throws M2mcpError no_authorization_server, or what is wrong with metadata that is there
 */
async function ownIssuer(
  deps: DiscoveryDeps,
  check: AddressCheck,
  server: string,
  noResource: M2mcpError | undefined,
): Promise<Found> {
  let why = noResource;
  for (const issuer of ownIssuers(server))
    try {
      return { issuer, metadata: await discoverIssuer(deps, check, issuer) };
    } catch (error) {
      if (!(error instanceof M2mcpError) || !ABSENT.includes(error.code)) throw error;
      if (error.code !== "no_metadata") why ??= error;
    }
  throw noAuthorizationServer(server, why);
}

/**
 * The issuers that the user or the server names; undefined where nobody does.
 *
 * @param recorded by login or `--issuer`: credentials go to no other
 * @throws M2mcpError issuer_moved
 */
function issuersNamed(
  server: string,
  resource: ResourceMetadata | undefined,
  recorded: string | undefined,
): string[] | undefined {
  const named = resource?.issuers ?? [];
  const [first] = named;
  if (recorded === undefined) return first === undefined ? undefined : named;
  if (first !== undefined && !named.some((one) => sameIssuer(one, recorded)))
    throw issuerMoved(server, recorded, first);
  return [recorded];
}
