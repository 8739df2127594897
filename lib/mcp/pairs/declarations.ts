import { type JsonObject, objectOf } from "../../json.ts";
import { exactParams, type RequestMessage, request as requestMessage } from "../jsonrpc/message.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { META_CAPABILITIES, metaOf } from "../protocol/meta.ts";
import type { Transport } from "../protocol/transport.ts";

/**
 * A transport that says on each request what this program does beside the client: the extension whose grant is used (MCP
 * "Extensions": in the capabilities of `initialize`, or of each modern request), and the trace that the environment names
 * (SEP-414), where the client names none.
 */
export function withDeclarations(
  transport: Transport,
  { extensions, trace }: Pick<Endpoint, "extensions" | "trace">,
): Transport {
  if (Object.keys(extensions).length === 0 && !trace) return transport;
  return {
    ...transport,
    request(call) {
      const message = declaring(call.message, extensions, trace);
      return transport.request(message === call.message ? call : { ...call, message });
    },
  };
}

function declaring(
  message: RequestMessage,
  extensions: Record<string, object>,
  trace: Endpoint["trace"],
): RequestMessage {
  // Most calls of a legacy client have nothing to be declared on them.
  if (message.method !== "initialize" && !trace && !(META_CAPABILITIES in metaOf(message))) return message;
  const params = exactParams(message);
  const meta = objectOf(params._meta);
  if (message.method === "initialize") {
    const capabilities = withExtensions(params.capabilities, extensions);
    return requestMessage(message.id, message.method, { ...params, capabilities });
  }
  const isModern = META_CAPABILITIES in meta;
  // One trace or the other: what goes with a traceparent says nothing beside another one (W3C Trace Context §3.3).
  const _meta = {
    ...("traceparent" in meta ? {} : trace),
    ...meta,
    ...(isModern ? { [META_CAPABILITIES]: withExtensions(meta[META_CAPABILITIES], extensions) } : {}),
  };
  return requestMessage(message.id, message.method, { ...params, _meta });
}

/** The client's own stay as they are. */
function withExtensions(capabilities: unknown, extensions: Record<string, object>): JsonObject {
  const given = objectOf(capabilities);
  if (Object.keys(extensions).length === 0) return given;
  return { ...given, extensions: { ...extensions, ...objectOf(given.extensions) } };
}
