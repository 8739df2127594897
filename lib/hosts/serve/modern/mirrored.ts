import { METHOD_NOT_FOUND, type RequestMessage, type RpcError } from "../../../mcp/jsonrpc/message.ts";
import type { HeaderMap } from "../../../mcp/protocol/endpoint.ts";
import { META_VERSION, metaOf } from "../../../mcp/protocol/meta.ts";
import { mirroredValues, nameOf } from "../../../mcp/protocol/param-headers.ts";
import { HEADER_MISMATCH, MODERN_VERSIONS, UNSUPPORTED_VERSION } from "../../../mcp/protocol/versions.ts";
import { lackingMeta, unsupportedVersion } from "../../../mcp/translate/modern-rules.ts";
import { type Head, one } from "../http/admission.ts";

/**
 * What is wrong with the headers of a modern request, which mirror its body (MCP 2026-07-28 "Server Validation"), or with
 * what it says of itself; undefined where nothing is.
 *
 * @param toolHeaders where the arguments of the tool that is called are mirrored, as far as that is known
 */
export function mismatch(head: Head, message: RequestMessage, toolHeaders: HeaderMap): RpcError | undefined {
  const version = one(head["mcp-protocol-version"]);
  const named = metaOf(message)[META_VERSION];
  const wrong = (header: string): RpcError => ({
    code: HEADER_MISMATCH,
    message: `the header ${header} is missing, or is not what the body says`,
  });
  if (version === undefined || (named !== undefined && named !== version))
    return wrong("MCP-Protocol-Version");
  if (!MODERN_VERSIONS.includes(version)) return unsupportedVersion(version);
  if (one(head["mcp-method"]) !== message.method) return wrong("Mcp-Method");
  const name = nameOf(message);
  if (name !== undefined && decoded(one(head["mcp-name"])) !== name) return wrong("Mcp-Name");
  for (const [header, value] of mirroredValues(toolHeaders, message.params.arguments))
    if (!isSame(decoded(one(head[header.toLowerCase()])), value)) return wrong(header);
  return lackingMeta(metaOf(message));
}

/**
 * A header's value as it was meant: plain, or in the Base64 sentinel format (MCP 2026-07-28 "Value Encoding"); undefined
 * where it is in that format and no Base64.
 */
function decoded(value: string | undefined): string | undefined {
  const [, coded] = (value !== undefined && /^=\?base64\?(.*)\?=$/.exec(value)) || [];
  if (coded === undefined) return value;
  const isWhole = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(coded);
  return isWhole ? Buffer.from(coded, "base64").toString("utf8") : undefined;
}

/** Of numbers, `42.0` is 42. */
const isSame = (given: string | undefined, wanted: string | boolean | number): boolean =>
  given === String(wanted) ||
  (typeof wanted === "number" && /^-?\d+(\.\d+)?$/.test(given ?? "") && Number(given) === wanted);

/** The HTTP status of an answer that is an error (MCP 2026-07-28 "Protocol Version Header"). */
export function statusOf(error: RpcError | undefined): number {
  if (!error) return 200;
  if (error.code === METHOD_NOT_FOUND) return 404;
  return error.code <= HEADER_MISMATCH && error.code >= UNSUPPORTED_VERSION ? 400 : 200;
}
