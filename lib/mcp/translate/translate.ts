import { isObject, type JsonObject, objectOf } from "../../json.ts";
import { INVALID_PARAMS, type RpcError } from "../jsonrpc/message.ts";
import {
  LEGACY_VERSION,
  LEGACY_VERSIONS,
  META_CAPABILITIES,
  META_CLIENT,
  META_LOG_LEVEL,
  META_SERVER,
  META_VERSION,
  MODERN_VERSION,
} from "../protocol/versions.ts";

/** Resource not found, until 2025-11-25; -32602 since. */
const RESOURCE_NOT_FOUND = -32002;

/** Results that carry `ttlMs` and `cacheScope` in 2026-07-28 (MCP "Caching"). */
const CACHEABLE = [
  "server/discover",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/read",
  "resources/templates/list",
];

/** Who the legacy client is, from its `initialize`; stands in `_meta` of each modern request. */
export interface ClientIdentity {
  clientInfo: unknown;
  capabilities: unknown;
}

/** Severities of log messages, least first (RFC 5424). */
export const LOG_LEVELS: readonly string[] = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
];

/** The answer to a legacy `initialize` from a modern server's `server/discover`. */
export function initializeResult(discovered: JsonObject, requestedVersion: unknown): JsonObject {
  const requested = typeof requestedVersion === "string" ? requestedVersion : LEGACY_VERSION;
  const { supportedVersions: _versions, serverInfo, _meta, ...rest } = legacyResult(discovered);
  const { [META_SERVER]: info = serverInfo, ...meta } = objectOf(_meta);
  return {
    ...rest,
    protocolVersion: LEGACY_VERSIONS.includes(requested) ? requested : LEGACY_VERSION,
    capabilities: objectOf(discovered.capabilities),
    serverInfo: isObject(info) ? info : { name: "unknown", version: "0" },
    ...(Object.keys(meta).length === 0 ? {} : { _meta: meta }),
  };
}

/** The answer to a modern `server/discover` from a legacy server's `initialize`. */
export function discoverResult(initialized: JsonObject): JsonObject {
  const { protocolVersion: _version, serverInfo, _meta, ...rest } = initialized;
  return {
    resultType: "complete",
    ...rest,
    supportedVersions: [MODERN_VERSION],
    capabilities: objectOf(initialized.capabilities),
    _meta: { ...objectOf(_meta), [META_SERVER]: serverInfo },
    ttlMs: 0,
    cacheScope: "private",
  };
}

/** A legacy request's params with what a modern server wants in `_meta`; the client's own keys stay. */
export function withModernMeta(
  params: JsonObject,
  client: ClientIdentity,
  logLevel: string | undefined,
): JsonObject {
  return {
    ...params,
    _meta: {
      ...objectOf(params._meta),
      [META_VERSION]: MODERN_VERSION,
      [META_CLIENT]: client.clientInfo,
      [META_CAPABILITIES]: objectOf(client.capabilities),
      ...(logLevel === undefined ? {} : { [META_LOG_LEVEL]: logLevel }),
    },
  };
}

/** A modern request's params without what only the modern protocol knows. */
export function withoutModernMeta(params: JsonObject): JsonObject {
  const { _meta, inputResponses: _responses, requestState: _state, ...rest } = params;
  const kept = Object.entries(objectOf(_meta)).filter(
    ([key]) => ![META_VERSION, META_CLIENT, META_CAPABILITIES, META_LOG_LEVEL].includes(key),
  );
  return kept.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(kept) };
}

/**
 * A legacy result as a modern one: complete, with the server's name, and not to be cached where it has to say so.
 *
 * @param serverInfo as the server gave it in its handshake
 */
export function completeResult(method: string, result: JsonObject, serverInfo: unknown): JsonObject {
  return {
    resultType: "complete",
    ...result,
    ...(serverInfo === undefined ? {} : { _meta: { [META_SERVER]: serverInfo, ...objectOf(result._meta) } }),
    ...(CACHEABLE.includes(method)
      ? { ttlMs: result.ttlMs ?? 0, cacheScope: result.cacheScope ?? "private" }
      : {}),
  };
}

/** A modern result as a legacy one; a type that an extension brought stays. */
export function legacyResult(result: JsonObject): JsonObject {
  const { resultType, ttlMs: _ttl, cacheScope: _scope, ...rest } = result;
  return resultType === undefined || resultType === "complete" ? rest : { ...rest, resultType };
}

/** A legacy error as a modern one. */
export const modernError = (error: RpcError): RpcError =>
  error.code === RESOURCE_NOT_FOUND ? { ...error, code: INVALID_PARAMS } : error;

/** A modern error as a legacy one. */
export const legacyError = (error: RpcError, method: string, params: JsonObject): RpcError =>
  method === "resources/read" && error.code === INVALID_PARAMS && objectOf(error.data).uri === params.uri
    ? { ...error, code: RESOURCE_NOT_FOUND }
    : error;
