import { isObject, type JsonObject } from "../../json.ts";
import type { Discovered } from "../credentials.ts";
import { invalidMetadata, issuerMismatch, noMetadata } from "./errors.ts";
import { type DiscoveryDeps, identifier, identifiers, lookUp } from "./look-up.ts";
import { issuerMetadataUrls } from "./places.ts";
import type { AddressCheck } from "./url.ts";

const WHAT = "the authorization server";

/** What an authorization server says of itself, as far as it is of use here (RFC 8414 §2, RFC 8705 §5, RFC 9449 §5.1). */
export type IssuerMetadata = Pick<
  Discovered,
  "tokenEndpoint" | "mtlsTokenEndpoint" | "grants" | "authMethods" | "signingAlgs" | "dpopAlgs"
>;

/**
 * The metadata of an authorization server, whose `issuer` must be identical to the one asked for (RFC 8414 §3.3).
 *
 * @param what what messages call it
 * @throws M2mcpError issuer_mismatch, no_metadata, invalid_metadata, insecure_url, directed_inward, network failures
 */
export async function discoverIssuer(
  deps: DiscoveryDeps,
  check: AddressCheck,
  issuer: string,
  what = WHAT,
): Promise<IssuerMetadata> {
  return readMetadata(await issuerDocument(deps, check, issuer, what), issuer, check);
}

/** The same document as it came. @throws M2mcpError as `discoverIssuer`, but for what it lacks */
export async function issuerDocument(
  deps: DiscoveryDeps,
  check: AddressCheck,
  issuer: string,
  what = WHAT,
): Promise<JsonObject> {
  check(issuer, what);
  /** A document that names no token endpoint: another place may have a whole one. */
  let partial: JsonObject | undefined;
  const { found, reason } = await lookUp(deps, check, issuerMetadataUrls(issuer), what, (json) => {
    // Not every JSON at a well-known place is such metadata.
    if (json.issuer === undefined && json.token_endpoint === undefined) return undefined;
    if (json.issuer !== issuer) return issuerMismatch(issuer, identifier(json.issuer));
    if (identifier(json.token_endpoint) !== undefined) return json;
    partial ??= json;
    return undefined;
  });
  const document = found ?? partial;
  if (!document) throw reason ?? noMetadata(issuer);
  return document;
}

function readMetadata(metadata: JsonObject, issuer: string, check: AddressCheck): IssuerMetadata {
  const tokenEndpoint = identifier(metadata.token_endpoint);
  if (tokenEndpoint === undefined)
    throw invalidMetadata(`the metadata of ${issuer}`, "names no token endpoint");
  check(tokenEndpoint, "the token endpoint");
  const aliases = isObject(metadata.mtls_endpoint_aliases) ? metadata.mtls_endpoint_aliases : {};
  const mtlsTokenEndpoint = identifier(aliases.token_endpoint);
  if (mtlsTokenEndpoint !== undefined) check(mtlsTokenEndpoint, "the token endpoint for mutual TLS");
  return { tokenEndpoint, ...(mtlsTokenEndpoint ? { mtlsTokenEndpoint } : {}), ...listsIn(metadata) };
}

/** What an authorization server can do, as far as its metadata says it. */
export function listsIn(metadata: JsonObject): Omit<IssuerMetadata, "tokenEndpoint" | "mtlsTokenEndpoint"> {
  const grants = identifiers(metadata.grant_types_supported);
  const authMethods = identifiers(metadata.token_endpoint_auth_methods_supported);
  const signingAlgs = identifiers(metadata.token_endpoint_auth_signing_alg_values_supported);
  const dpopAlgs = identifiers(metadata.dpop_signing_alg_values_supported);
  return {
    ...(grants ? { grants } : {}),
    ...(authMethods ? { authMethods } : {}),
    ...(signingAlgs ? { signingAlgs } : {}),
    ...(dpopAlgs ? { dpopAlgs } : {}),
  };
}
