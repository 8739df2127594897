import { M2mcpError } from "../../failure.ts";
import type { Challenge } from "../../net/challenge.ts";
import type { Credentials, Discovered } from "../credentials.ts";
import { issuerMoved, noAuthorizationServer } from "../errors.ts";
import { discoverIssuer } from "./issuer.ts";
import type { DiscoveryDeps } from "./look-up.ts";
import { discoverResource, type ResourceMetadata } from "./resource.ts";
import { requireSecure, resourceOf } from "./url.ts";

/**
 * All that a token request needs to know of a server. With `--token-endpoint` nothing is asked of the authorization
 * server. A server without protected resource metadata is its own authorization server (MCP 2025-03-26).
 *
 * @throws M2mcpError issuer_moved when the server now names another issuer than login recorded
 */
export async function discover(
  deps: DiscoveryDeps,
  server: string,
  credentials: Pick<Credentials, "tokenEndpoint" | "issuer">,
  challenge: Challenge | undefined,
): Promise<Discovered> {
  const { tokenEndpoint } = credentials;
  const challenged = challenge?.params.scope;
  if (tokenEndpoint !== undefined) {
    requireSecure(tokenEndpoint, "the token endpoint", deps.allowHttp);
    return {
      resource: resourceOf(server),
      tokenEndpoint,
      ...(challenged === undefined ? {} : { scope: challenged }),
      ...(challenge?.scheme === "dpop" ? { dpop: true } : {}),
      discoveredAtMs: deps.now(),
    };
  }
  const resource = await discoverResource(deps, server, challenge);
  const issuer = chooseIssuer(server, resource, credentials.issuer);
  const metadata = await discoverIssuer(deps, issuer).catch((error: unknown) => {
    if (!resource && error instanceof M2mcpError && error.code === "no_metadata")
      throw noAuthorizationServer(server);
    throw error;
  });
  const scope = challenged ?? resource?.scopes?.join(" ");
  const challengeAlgs = challenge?.scheme === "dpop" ? challenge.params.algs?.split(/\s+/) : undefined;
  const proofAlgs = [challengeAlgs, resource?.dpopAlgs].filter((algs) => algs !== undefined);
  return {
    resource: resource?.resource ?? resourceOf(server),
    issuer,
    ...metadata,
    ...(proofAlgs.length > 0 ? { proofAlgs } : {}),
    ...(challenge?.scheme === "dpop" || resource?.dpop ? { dpop: true } : {}),
    ...(scope ? { scope } : {}),
    discoveredAtMs: deps.now(),
  };
}

/**
 * The issuer to ask: the one recorded, where the server names it; else the server's first.
 * @param recorded by login or `--issuer`; credentials go to no other
 * @throws M2mcpError no_authorization_server, issuer_moved
 */
function chooseIssuer(
  server: string,
  resource: ResourceMetadata | null,
  recorded: string | undefined,
): string {
  // A server that says nothing of itself is its own authorization server, unless the user named another.
  const issuers = resource?.issuers ?? [recorded ?? new URL(server).origin];
  const issuer = recorded !== undefined && issuers.includes(recorded) ? recorded : issuers[0];
  if (issuer === undefined) throw noAuthorizationServer(server);
  if (recorded !== undefined && issuer !== recorded) throw issuerMoved(server, recorded, issuer);
  return issuer;
}
