import type { Challenge } from "../../net/challenge.ts";
import type { Credentials, Discovered } from "../credentials.ts";
import type { LookedUp } from "../discovery/look-up.ts";
import type { ProbeAnswer } from "../discovery/probe.ts";
import type { ResourceMetadata } from "../discovery/resource.ts";
import { endpointFor } from "../grants/scope.ts";

/** How the server met a request without a token. */
export function describeProbe({ status, wantsToken }: ProbeAnswer): string {
  const meaning = wantsToken
    ? "it asks for a token"
    : status < 400
      ? "it asks for no token"
      : "neither a yes nor a challenge";
  return `HTTP status ${status} without a token: ${meaning}`;
}

const SCHEMES: Record<string, string> = { dpop: "DPoP", bearer: "Bearer" };

/** What a 401 says of the way to a token. */
export function describeChallenge(challenge: Challenge | undefined): string {
  if (!challenge) return "none: no WWW-Authenticate for Bearer or DPoP; going by the well-known places";
  const { resource_metadata, scope } = challenge.params;
  const parts = [
    SCHEMES[challenge.scheme] ?? challenge.scheme,
    resource_metadata ? `resource_metadata ${resource_metadata}` : "no resource_metadata",
    scope ? `scope ${scope}` : "no scope",
  ];
  return parts.join(", ");
}

/** What the server says of itself. */
export function describeResource({ found, reason }: LookedUp<ResourceMetadata>): string {
  if (!found)
    return `none at the well-known places${reason ? ` (${reason.message})` : ""}; the server counts as its own authorization server`;
  const issuers = found.issuers.join(", ") || "none";
  const dpop = found.dpop ? ", proofs of possession (DPoP) wanted" : "";
  return `resource ${found.resource}, authorization server ${issuers}${dpop}`;
}

/** Where tokens come from, and how the client may prove itself there. */
export function describeIssuer(found: Discovered, credentials: Credentials): string {
  const { issuer, tokenEndpoint, authMethods } = found;
  const url = endpointFor(credentials, found);
  const endpoint = url === tokenEndpoint ? url : `${url} (mutual TLS)`;
  if (credentials.tokenEndpoint) return `skipped: --token-endpoint ${endpoint}`;
  return `issuer ${issuer}, token endpoint ${endpoint}; client authentication: ${authMethods?.join(", ") ?? "not said, so client_secret_basic"}`;
}
