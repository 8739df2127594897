import type { Challenge } from "../../net/challenge.ts";
import { noMetadata, resourceMismatch } from "../errors.ts";
import { type DiscoveryDeps, identifier, identifiers, lookUp } from "./look-up.ts";
import { resourceMetadataUrls } from "./places.ts";
import { covers } from "./url.ts";

/** What the protected resource says of itself (RFC 9728 §2). */
export interface ResourceMetadata {
  resource: string;
  issuers: string[];
  scopes: string[] | undefined;
  /** `dpop_bound_access_tokens_required`. */
  dpop: boolean;
  /** `dpop_signing_alg_values_supported`. */
  dpopAlgs: string[] | undefined;
}

/**
 * The protected resource's metadata: where the challenge points to, else the well-known places; null when there is
 * none.
 * @throws M2mcpError resource_mismatch, network failures
 */
export async function discoverResource(
  deps: DiscoveryDeps,
  server: string,
  challenge: Challenge | undefined,
): Promise<ResourceMetadata | null> {
  const named = challenge?.params.resource_metadata;
  const places = named ? [named] : resourceMetadataUrls(server);
  const found = await lookUp(deps, places, "the protected resource metadata", (status, json) => {
    if (status !== 200) return undefined;
    const resource = identifier(json.resource);
    // Not every JSON at a well-known place is such metadata.
    if (resource === undefined && json.authorization_servers === undefined && !named) return undefined;
    if (resource === undefined || !covers(resource, server))
      throw resourceMismatch(server, resource ?? "nothing");
    return {
      resource,
      issuers: identifiers(json.authorization_servers) ?? [],
      scopes: identifiers(json.scopes_supported),
      dpop: json.dpop_bound_access_tokens_required === true,
      dpopAlgs: identifiers(json.dpop_signing_alg_values_supported),
    };
  });
  if (!found && named) throw noMetadata(named);
  return found ?? null;
}
