import { isObject } from "../../json.ts";
import { INVALID_PARAMS, METHOD_NOT_FOUND, type RequestMessage, type RpcError } from "../jsonrpc/message.ts";
import {
  META_CAPABILITIES,
  META_VERSION,
  MODERN_VERSIONS,
  UNSUPPORTED_VERSION,
} from "../protocol/versions.ts";

/** Requests that a legacy server knows and 2026-07-28 no longer has (MCP 2026-07-28 "Changelog"). */
const REMOVED = ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

/**
 * The error that a modern server gives to a request before it looks at what is asked; undefined when there is none
 * (MCP 2026-07-28 "`_meta`", "Versioning"). Said in place of a legacy server, which knows none of these rules.
 */
export function modernRefusal({ method, params }: RequestMessage): RpcError | undefined {
  const meta = isObject(params._meta) ? params._meta : {};
  const requested = meta[META_VERSION];
  if (typeof requested !== "string" || !isObject(meta[META_CAPABILITIES])) {
    const missing = typeof requested === "string" ? META_CAPABILITIES : META_VERSION;
    return { code: INVALID_PARAMS, message: `_meta lacks ${missing}` };
  }
  if (!MODERN_VERSIONS.includes(requested))
    return {
      code: UNSUPPORTED_VERSION,
      message: `unsupported protocol version ${requested}; here ${MODERN_VERSIONS.join(", ")}`,
      data: { supported: MODERN_VERSIONS, requested },
    };
  return REMOVED.includes(method) ? { code: METHOD_NOT_FOUND, message: `no method ${method}` } : undefined;
}
