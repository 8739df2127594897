import { type JsonObject, objectOf } from "../../json.ts";
import type { NotificationMessage, RequestMessage } from "../jsonrpc/message.ts";

export const META_VERSION = "io.modelcontextprotocol/protocolVersion";
export const META_CLIENT = "io.modelcontextprotocol/clientInfo";
export const META_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
export const META_LOG_LEVEL = "io.modelcontextprotocol/logLevel";
export const META_SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";
export const META_SERVER = "io.modelcontextprotocol/serverInfo";

/** The task that a message belongs to (MCP 2025-11-25 "Related Task Metadata"). */
export const RELATED_TASK = "io.modelcontextprotocol/related-task";

/** What the `_meta` of a modern request says of its client, without what is of that request alone. */
export const identityIn = (meta: JsonObject): JsonObject =>
  Object.fromEntries(
    [META_VERSION, META_CLIENT, META_CAPABILITIES].flatMap((key) => (key in meta ? [[key, meta[key]]] : [])),
  );

/** The `_meta` of a message, empty where it has none. */
export const metaOf = (message: RequestMessage | NotificationMessage): JsonObject =>
  (message.kind === "request" ? message.meta : undefined) ?? objectOf(message.params._meta);

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

/** How severe a log message must be for a request with this `_meta` to want it; Infinity: none is wanted. */
export function logLevelOf(meta: JsonObject): number {
  const at = LOG_LEVELS.indexOf(String(meta[META_LOG_LEVEL]));
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}

/** Who a client is: from its `initialize`, or from the `_meta` of its requests. */
export interface ClientIdentity {
  clientInfo: unknown;
  capabilities: unknown;
}

/** Who we are, where the requests are our own, with what only the modern era says on each request. */
export interface OwnIdentity extends ClientIdentity {
  /** Extensions of 2026-07-28, declared beside the capabilities. */
  extensions?: Readonly<Record<string, object>>;
  /** How severe a log message must be to be wanted. */
  logLevel?: string;
}
