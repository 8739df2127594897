import { type JsonObject, objectOf } from "../../json.ts";
import { INTERNAL_ERROR, INVALID_PARAMS, type RpcError } from "../jsonrpc/message.ts";
import {
  type ClientIdentity,
  META_CAPABILITIES,
  META_CLIENT,
  META_LOG_LEVEL,
  META_SERVER,
  META_VERSION,
} from "../protocol/meta.ts";
import { MODERN_VERSION } from "../protocol/versions.ts";

/** Resource not found, until 2025-11-25; -32602 since. */
export const RESOURCE_NOT_FOUND = -32002;

/** Results that carry `ttlMs` and `cacheScope` in 2026-07-28 (MCP "Caching"). */
const CACHEABLE = [
  "server/discover",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/read",
  "resources/templates/list",
];

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

/** What a result to `tools/call` has in the place of `content`, where it is none of a call's own. */
const OTHER_RESULTS = ["content", "task", "taskId", "inputRequests", "requestState"];

/**
 * A legacy result as a modern one: complete, with the server's name, and not to be cached where it has to say so. A type that
 * it names itself means nothing in its era, but for an extension's; `content`, which some leave out and clients of that era
 * do without, must be there (MCP 2026-07-28 "ResultType", "Tool Result").
 *
 * @param serverInfo as the server gave it in its handshake
 */
export function completeResult(method: string, result: JsonObject, serverInfo: unknown): JsonObject {
  const { resultType, ...rest } = result;
  const lacksContent = method === "tools/call" && !OTHER_RESULTS.some((member) => member in result);
  return {
    resultType: resultType === "task" ? resultType : "complete",
    ...rest,
    ...(lacksContent ? { content: [] } : {}),
    ...(serverInfo === undefined ? {} : { _meta: { [META_SERVER]: serverInfo, ...objectOf(result._meta) } }),
    ...(CACHEABLE.includes(method)
      ? { ttlMs: result.ttlMs ?? 0, cacheScope: result.cacheScope ?? "private" }
      : {}),
  };
}

/** Codes that mean what 2026-07-28 says, or nothing (MCP 2026-07-28 "Error Codes"); before it they were any server's own. */
const isReserved = (code: number) => code <= -32020 && code >= -32099;

/** A legacy error as a modern one: no code of its own is taken for one that modern clients know. */
export function modernError(error: RpcError): RpcError {
  if (error.code === RESOURCE_NOT_FOUND) return { ...error, code: INVALID_PARAMS };
  return isReserved(error.code) ? { ...error, code: INTERNAL_ERROR } : error;
}

/** What a legacy server asks of its client, without what only its era knows. */
export function modernInput(params: JsonObject): JsonObject {
  const { elicitationId: _id, ...rest } = params;
  return rest;
}
