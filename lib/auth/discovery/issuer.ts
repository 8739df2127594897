import { isObject, type JsonObject } from "../../json.ts";
import { unexpectedStatus } from "../../net/errors.ts";
import type { Discovered } from "../credentials.ts";
import { invalidMetadata, issuerMismatch, noMetadata } from "../errors.ts";
import { type DiscoveryDeps, identifier, identifiers, lookUp } from "./look-up.ts";
import { issuerMetadataUrls } from "./places.ts";
import { requireSecure } from "./url.ts";

/** What an authorization server says of itself, as far as it is of use here (RFC 8414 §2, RFC 8705 §5, RFC 9449 §5.1). */
export type IssuerMetadata = Pick<
  Discovered,
  "tokenEndpoint" | "mtlsTokenEndpoint" | "authMethods" | "signingAlgs" | "dpopAlgs"
>;

/**
 * The metadata of an authorization server, whose `issuer` must be identical to the one asked for (RFC 8414 §3.3).
 * @throws M2mcpError issuer_mismatch, no_metadata, invalid_metadata, insecure_url, network failures
 */
export async function discoverIssuer(deps: DiscoveryDeps, issuer: string): Promise<IssuerMetadata> {
  requireSecure(issuer, "the authorization server", deps.allowHttp);
  const found = await lookUp(deps, issuerMetadataUrls(issuer), "the authorization server", (status, json) => {
    if (status >= 500) throw unexpectedStatus(new URL(issuer).host, status);
    if (status !== 200 || Object.keys(json).length === 0) return undefined;
    if (json.issuer !== issuer) throw issuerMismatch(issuer, identifier(json.issuer) ?? "none");
    return json;
  });
  if (!found) throw noMetadata(issuer);
  return readMetadata(found, issuer, deps.allowHttp);
}

function readMetadata(metadata: JsonObject, issuer: string, allowHttp: string[]): IssuerMetadata {
  const tokenEndpoint = identifier(metadata.token_endpoint);
  if (tokenEndpoint === undefined)
    throw invalidMetadata(`the metadata of ${issuer}`, "names no token endpoint");
  requireSecure(tokenEndpoint, "the token endpoint", allowHttp);
  const aliases = isObject(metadata.mtls_endpoint_aliases) ? metadata.mtls_endpoint_aliases : {};
  const mtlsTokenEndpoint = identifier(aliases.token_endpoint);
  if (mtlsTokenEndpoint !== undefined)
    requireSecure(mtlsTokenEndpoint, "the token endpoint for mutual TLS", allowHttp);
  const authMethods = identifiers(metadata.token_endpoint_auth_methods_supported);
  const signingAlgs = identifiers(metadata.token_endpoint_auth_signing_alg_values_supported);
  const dpopAlgs = identifiers(metadata.dpop_signing_alg_values_supported);
  return {
    tokenEndpoint,
    ...(mtlsTokenEndpoint ? { mtlsTokenEndpoint } : {}),
    ...(authMethods ? { authMethods } : {}),
    ...(signingAlgs ? { signingAlgs } : {}),
    ...(dpopAlgs ? { dpopAlgs } : {}),
  };
}
