import type { Challenge } from "../../net/challenge.ts";
import { noMetadata, resourceMismatch } from "./errors.ts";
import { type DiscoveryDeps, identifier, identifiers, type LookedUp, lookUp } from "./look-up.ts";
import { resourceMetadataUrls } from "./places.ts";
import { type AddressCheck, covers } from "./url.ts";

const WHAT = "the protected resource metadata";

/** What is wrong with the server's own word: no other place makes up for it. */
const DECIDED = ["resource_mismatch", "invalid_metadata"];

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
 * The protected resource's metadata: where the challenge points to, else the well-known places.
 *
 * @returns what was found, else the reason why not, where there is more to say than that there is none
 * @throws M2mcpError resource_mismatch where it is about another resource; insecure_url, directed_inward
 */
export async function discoverResource(
  deps: DiscoveryDeps,
  check: AddressCheck,
  server: string,
  challenge: Challenge | undefined,
): Promise<LookedUp<ResourceMetadata>> {
  // Some servers name the place by its path alone.
  const named = challenge?.params.resource_metadata?.replace(/^[\s<]+|[\s>]+$/g, "");
  const place = named && (URL.parse(named, server)?.href ?? named);
  const places = resourceMetadataUrls(server);
  const { found, reason } = await lookUp(deps, check, place ? [place, ...places] : places, WHAT, (json) => {
    const resource = identifier(json.resource);
    const isMetadata = resource !== undefined || json.authorization_servers !== undefined;
    // Not every JSON at a well-known place is such metadata.
    if (!isMetadata) return undefined;
    if (resource === undefined || !covers(resource, server)) return resourceMismatch(server, resource);
    return {
      // A resource has no fragment (RFC 8707 §2), and servers refuse one that has.
      resource: resource.replace(/#.*$/, ""),
      issuers: identifiers(json.authorization_servers) ?? [],
      // Some write the list as a scope is sent, with blanks.
      scopes: identifiers(json.scopes_supported)?.flatMap((one) => one.split(" ").filter(Boolean)),
      dpop: json.dpop_bound_access_tokens_required === true,
      dpopAlgs: identifiers(json.dpop_signing_alg_values_supported),
    };
  });
  if (found) return { found };
  if (reason && DECIDED.includes(reason.code)) throw reason;
  if (reason) return { reason };
  return place ? { reason: noMetadata(place) } : {};
}
