import { M2mcpError } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { unexpectedStatus } from "../../net/errors.ts";
import type { Credentials, Discovered } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import {
  invalidMetadata,
  issuerMismatch,
  issuerMoved,
  metadataRedirects,
  noAuthorizationServer,
  noMetadata,
  resourceMismatch,
} from "../errors.ts";
import { exchange } from "../exchange.ts";
import type { Challenge } from "./challenge.ts";
import { covers, requireSecure, resourceOf } from "./url.ts";

type DiscoveryDeps = Pick<AuthDeps, "fetch" | "timeoutMs" | "log" | "now" | "allowHttp" | "signal">;

/** What holds control characters is no identifier, and could steer a terminal. */
const text = (value: unknown) =>
  typeof value === "string" && /^[^\p{Cc}]+$/u.test(value) ? value : undefined;
const texts = (value: unknown) =>
  Array.isArray(value) ? value.map(text).filter((one) => one !== undefined) : undefined;

/** The places of protected resource metadata, in order (RFC 9728 §3.1, MCP "Protected Resource Metadata Discovery"). */
export function resourceMetadataUrls(server: string): string[] {
  const { origin, pathname } = new URL(server);
  const root = `${origin}/.well-known/oauth-protected-resource`;
  const path = pathname.replace(/\/$/, "");
  return path === "" ? [root] : [`${root}${path}`, root];
}

/** The places of authorization server metadata, in order (RFC 8414 §3.1 and §5, OpenID Connect Discovery). */
export function issuerMetadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, "");
  if (path === "")
    return ["oauth-authorization-server", "openid-configuration"].map(
      (name) => `${origin}/.well-known/${name}`,
    );
  return [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
}

/**
 * Looks for a metadata document; a place that redirects holds none, and is named when there is no other.
 * @throws M2mcpError redirect, insecure_url, network failures, and what `use` throws
 */
async function lookUp<T>(
  deps: DiscoveryDeps,
  places: string[],
  what: string,
  use: (status: number, json: JsonObject) => T | undefined,
): Promise<T | undefined> {
  let redirect: string | undefined;
  for (const url of places) {
    requireSecure(url, what, deps.allowHttp);
    try {
      const { status, json } = await exchange(deps, url, {
        method: "GET",
        headers: { accept: "application/json" },
      });
      const found = use(status, isObject(json) ? json : {});
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof M2mcpError) || error.code !== "redirect") throw error;
      redirect ??= url;
    }
  }
  if (redirect !== undefined) throw metadataRedirects(redirect);
  return undefined;
}

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
    const resource = text(json.resource);
    // Not every JSON at a well-known place is such metadata.
    if (resource === undefined && json.authorization_servers === undefined && !named) return undefined;
    if (resource === undefined || !covers(resource, server))
      throw resourceMismatch(server, resource ?? "nothing");
    return {
      resource,
      issuers: texts(json.authorization_servers) ?? [],
      scopes: texts(json.scopes_supported),
      dpop: json.dpop_bound_access_tokens_required === true,
      dpopAlgs: texts(json.dpop_signing_alg_values_supported),
    };
  });
  if (!found && named) throw noMetadata(named);
  return found ?? null;
}

/**
 * The metadata of an authorization server, whose `issuer` must be identical to the one asked for (RFC 8414 §3.3).
 * @throws M2mcpError issuer_mismatch, no_metadata, insecure_url, network failures
 */
async function discoverIssuer(deps: DiscoveryDeps, issuer: string): Promise<JsonObject> {
  requireSecure(issuer, "the authorization server", deps.allowHttp);
  const found = await lookUp(deps, issuerMetadataUrls(issuer), "the authorization server", (status, json) => {
    if (status >= 500) throw unexpectedStatus(new URL(issuer).host, status);
    if (status !== 200 || Object.keys(json).length === 0) return undefined;
    if (json.issuer !== issuer) throw issuerMismatch(issuer, text(json.issuer) ?? "none");
    return json;
  });
  if (!found) throw noMetadata(issuer);
  return found;
}

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
  const challenged = challenge?.params.scope;
  if (credentials.tokenEndpoint !== undefined) {
    requireSecure(credentials.tokenEndpoint, "the token endpoint", deps.allowHttp);
    return {
      resource: resourceOf(server),
      tokenEndpoint: credentials.tokenEndpoint,
      ...(challenged === undefined ? {} : { scope: challenged }),
      ...(challenge?.scheme === "dpop" ? { dpop: true } : {}),
      discoveredAtMs: deps.now(),
    };
  }
  const resource = await discoverResource(deps, server, challenge);
  if (resource && resource.issuers.length === 0) throw noAuthorizationServer(server);
  const recorded = credentials.issuer;
  // A server that says nothing of itself is its own authorization server, unless the user named another.
  const issuers = resource?.issuers ?? [recorded ?? new URL(server).origin];
  const issuer = recorded !== undefined && issuers.includes(recorded) ? recorded : issuers[0];
  if (issuer === undefined) throw noAuthorizationServer(server);
  if (recorded !== undefined && issuer !== recorded) throw issuerMoved(server, recorded, issuer);
  const metadata = await discoverIssuer(deps, issuer).catch((error: unknown) => {
    if (!resource && error instanceof M2mcpError && error.code === "no_metadata")
      throw noAuthorizationServer(server);
    throw error;
  });
  const tokenEndpoint = text(metadata.token_endpoint);
  if (tokenEndpoint === undefined)
    throw invalidMetadata(`the metadata of ${issuer}`, "names no token endpoint");
  requireSecure(tokenEndpoint, "the token endpoint", deps.allowHttp);
  const aliases = isObject(metadata.mtls_endpoint_aliases) ? metadata.mtls_endpoint_aliases : {};
  const mtls = text(aliases.token_endpoint);
  if (mtls !== undefined) requireSecure(mtls, "the token endpoint for mutual TLS", deps.allowHttp);
  const scope = challenged ?? resource?.scopes?.join(" ");
  const authMethods = texts(metadata.token_endpoint_auth_methods_supported);
  const signingAlgs = texts(metadata.token_endpoint_auth_signing_alg_values_supported);
  const dpopAlgs = texts(metadata.dpop_signing_alg_values_supported);
  const challengeAlgs = challenge?.scheme === "dpop" ? challenge.params.algs?.split(/\s+/) : undefined;
  const proofAlgs = [challengeAlgs, resource?.dpopAlgs].filter((algs) => algs !== undefined);
  return {
    resource: resource?.resource ?? resourceOf(server),
    issuer,
    tokenEndpoint,
    ...(authMethods ? { authMethods } : {}),
    ...(signingAlgs ? { signingAlgs } : {}),
    ...(dpopAlgs ? { dpopAlgs } : {}),
    ...(proofAlgs.length > 0 ? { proofAlgs } : {}),
    ...(challenge?.scheme === "dpop" || resource?.dpop ? { dpop: true } : {}),
    ...(mtls ? { mtlsTokenEndpoint: mtls } : {}),
    ...(scope ? { scope } : {}),
    discoveredAtMs: deps.now(),
  };
}
