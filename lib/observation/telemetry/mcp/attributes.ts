// What the conventions say of an MCP request ("Semantic conventions for Model Context Protocol"). Never within: arguments,
// results, session ids.
import type { Attributes } from "@opentelemetry/api";
import { withoutUrlSecrets } from "../../../failure.ts";
import type { NotificationMessage, RequestMessage } from "../../../mcp/jsonrpc/message.ts";
import { type Answer, errorIn } from "../../../mcp/protocol/answer.ts";
import { META_VERSION, metaOf } from "../../../mcp/protocol/meta.ts";
import type { Outcome } from "../../outcome.ts";

type Named = RequestMessage | NotificationMessage;

/** The tool or the prompt that a message is for, as the client wrote it. */
export const targetOf = ({ method, params }: Named): string | undefined =>
  (method === "tools/call" || method === "prompts/get") && typeof params.name === "string"
    ? params.name
    : undefined;

/** The name of its span: `tools/call add`. */
export const nameOf = (message: Named): string => {
  const target = targetOf(message);
  return target === undefined ? message.method : `${message.method} ${target}`;
};

/** What says of which tool or prompt it is. */
export const targetAttributes = (method: string, target: string | undefined): Attributes => {
  if (target === undefined) return {};
  return method === "tools/call"
    ? { "gen_ai.tool.name": target, "gen_ai.operation.name": "execute_tool" }
    : { "gen_ai.prompt.name": target };
};

/** What a span says of its message. */
export function spanAttributes(message: Named): Attributes {
  const { method, params } = message;
  const { uri } = params;
  return {
    "mcp.method.name": method,
    ...(message.kind === "request" ? { "jsonrpc.request.id": String(JSON.parse(message.id)) } : {}),
    ...targetAttributes(method, targetOf(message)),
    ...versionAttribute(message),
    ...(method.includes("resources/") && typeof uri === "string"
      ? { "mcp.resource.uri": withoutUrlSecrets(uri) }
      : {}),
  };
}

/** The protocol version that a message of the modern era names. */
export function versionAttribute(message: Named): Attributes {
  const version = metaOf(message)[META_VERSION];
  return typeof version === "string" && /^[\d-]{10}$/.test(version)
    ? { "mcp.protocol.version": version }
    : {};
}

/** What is said of a failure; nothing of what went well. */
export function failureAttributes({ kind, error }: Outcome, answer: Answer | undefined): Attributes {
  if (kind === "ok" || kind === "input_required") return {};
  const isRpc = answer !== undefined && errorIn(answer) !== undefined;
  return {
    "error.type": error ?? kind,
    ...(isRpc && error !== undefined ? { "rpc.response.status_code": error } : {}),
  };
}
