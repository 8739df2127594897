import type { NotificationMessage, RequestMessage } from "../jsonrpc/message.ts";
import type { HeaderMap } from "../protocol/endpoint.ts";
import { META_VERSION, metaOf } from "../protocol/meta.ts";
import { encodeHeaderValue, nameOf, PLAIN, paramHeaders } from "../protocol/param-headers.ts";
import { MODERN_VERSION } from "../protocol/versions.ts";

/** The version that a message names in its `_meta`. */
export function versionOf(message: RequestMessage | NotificationMessage): string | undefined {
  const version = metaOf(message)[META_VERSION];
  return typeof version === "string" ? version : undefined;
}

/**
 * The headers of one message, which mirror what is in its body (MCP 2026-07-28 "Standard Request Headers").
 *
 * @param toolHeaders where the arguments of the tool that is called are mirrored
 */
export function mirroredHeaders(
  message: RequestMessage | NotificationMessage,
  toolHeaders: HeaderMap,
): Record<string, string> {
  const name = nameOf(message);
  return {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": versionOf(message) ?? MODERN_VERSION,
    // MCP says nothing of methods that no header can carry: so at least the server can be asked.
    "mcp-method": PLAIN.test(message.method) ? message.method : encodeHeaderValue(message.method),
    ...(name === undefined ? {} : { "mcp-name": encodeHeaderValue(name) }),
    ...(toolHeaders.length > 0 ? paramHeaders(toolHeaders, message.params.arguments) : {}),
  };
}
