import { isObject, type JsonObject, objectOf } from "../../json.ts";
import { INVALID_PARAMS, type RpcError } from "../jsonrpc/message.ts";
import {
  META_CAPABILITIES,
  META_CLIENT,
  META_LOG_LEVEL,
  META_SERVER,
  META_VERSION,
} from "../protocol/meta.ts";
import { LEGACY_VERSION, LEGACY_VERSIONS } from "../protocol/versions.ts";
import { RESOURCE_NOT_FOUND } from "./to-modern.ts";

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

/** A modern request's params without what only the modern protocol knows. */
export function withoutModernMeta(params: JsonObject): JsonObject {
  const { _meta, inputResponses: _responses, requestState: _state, ...rest } = params;
  const kept = Object.entries(objectOf(_meta)).filter(
    ([key]) => ![META_VERSION, META_CLIENT, META_CAPABILITIES, META_LOG_LEVEL].includes(key),
  );
  return kept.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(kept) };
}

/** A modern result as a legacy one; a type that an extension brought stays. */
export function legacyResult(result: JsonObject): JsonObject {
  const { resultType, ttlMs: _ttl, cacheScope: _scope, ...rest } = result;
  return resultType === undefined || resultType === "complete" ? rest : { ...rest, resultType };
}

/** A modern error as a legacy one. */
export const legacyError = (error: RpcError, method: string, params: JsonObject): RpcError =>
  method === "resources/read" && error.code === INVALID_PARAMS && objectOf(error.data).uri === params.uri
    ? { ...error, code: RESOURCE_NOT_FOUND }
    : error;

/** Legacy clients tell elicitations by URL apart by an id, which modern servers do not give. */
export const legacyInput = (params: JsonObject): JsonObject =>
  params.mode === "url" && params.elicitationId === undefined
    ? { ...params, elicitationId: crypto.randomUUID() }
    : params;
