import { isObject, type JsonObject } from "../../json.ts";
import { INVALID_PARAMS, METHOD_NOT_FOUND, type RequestMessage, type RpcError } from "../jsonrpc/message.ts";
import { LOG_LEVELS, META_CAPABILITIES, META_LOG_LEVEL, META_VERSION, metaOf } from "../protocol/meta.ts";
import { MODERN_VERSIONS, UNSUPPORTED_VERSION } from "../protocol/versions.ts";

/** Requests that a legacy server knows and 2026-07-28 no longer has (MCP 2026-07-28 "Changelog"). */
const REMOVED = ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

/** What is wrong with a request that does not say of itself what each must (MCP 2026-07-28 "`_meta`"). */
export function lackingMeta(meta: JsonObject): RpcError | undefined {
  const lacks = typeof meta[META_VERSION] === "string" ? META_CAPABILITIES : META_VERSION;
  if (lacks === META_CAPABILITIES && isObject(meta[META_CAPABILITIES])) return undefined;
  return { code: INVALID_PARAMS, message: `_meta lacks ${lacks}` };
}

/** The error to a version that is not known here (MCP 2026-07-28 UnsupportedProtocolVersionError). */
export const unsupportedVersion = (requested: string): RpcError => ({
  code: UNSUPPORTED_VERSION,
  message: `unsupported protocol version ${requested}; here ${MODERN_VERSIONS.join(", ")}`,
  data: { supported: MODERN_VERSIONS, requested },
});

/**
 * The error that a modern server gives to a request before it looks at what is asked; undefined when there is none
 * (MCP 2026-07-28 "`_meta`", "Versioning"). Said in place of a legacy server, which knows none of these rules.
 */
export function modernRefusal(message: RequestMessage): RpcError | undefined {
  const meta = metaOf(message);
  const lacking = lackingMeta(meta);
  if (lacking) return lacking;
  const requested = String(meta[META_VERSION]);
  if (!MODERN_VERSIONS.includes(requested)) return unsupportedVersion(requested);
  if (REMOVED.includes(message.method))
    return { code: METHOD_NOT_FOUND, message: `no method ${message.method}` };
  const level = meta[META_LOG_LEVEL];
  if (level === undefined || LOG_LEVELS.includes(String(level))) return undefined;
  return { code: INVALID_PARAMS, message: `logLevel must be one of ${LOG_LEVELS.join(", ")}` };
}
