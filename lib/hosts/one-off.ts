import type { JsonObject } from "../json.ts";
import { createConnection } from "../mcp/connection/connection.ts";
import {
  errorResponse,
  METHOD_NOT_FOUND,
  type NotificationMessage,
  type RequestMessage,
  request as requestMessage,
  resultResponse,
  spelledResult,
} from "../mcp/jsonrpc/message.ts";
import { InputNeeded } from "../mcp/pairs/input-needed.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import { inputNeeded } from "../mcp/protocol/errors.ts";
import { tookTooLong } from "../net/errors.ts";
import { hostOf } from "../net/network-error.ts";
import { deadlineMs } from "../timing/deadline.ts";
import { watchIdle } from "../timing/idle-timeout.ts";
import { failureOf } from "./failure-of.ts";
import { itemsOf, type ListOptions, pagesJoined } from "./listing.ts";
import { describeServer, type ServerInfo } from "./server-info.ts";

export interface RequestOptions {
  onNotification?: (message: NotificationMessage) => void;
  /** Numbers in the result stay spelled as the server has them: of those JavaScript writes otherwise, what stands for their text. */
  spelled?: boolean;
}

/** A client for one-off commands: one request, as few HTTP requests as the server's era allows. */
export interface McpClient {
  /** @throws M2mcpError the server's JSON-RPC error (exit 2), network failures (exit 3), authorization (exit 4) */
  request(method: string, params?: JsonObject, options?: RequestOptions): Promise<JsonObject>;
  serverInfo(): Promise<ServerInfo>;
  /** All items of a list, page by page (MCP "Pagination"). */
  list(method: string, key: string): Promise<JsonObject[]>;
  /** A list as the server gave it, its pages joined into one: what else they say stands there as the first that says it has it. */
  listing(method: string, key: string, options?: ListOptions): Promise<JsonObject>;
  /** A sign of life: `ping`, or `server/discover` in the modern era, which has no ping. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A host without a client behind it: sends, waits, and answers what the server asks. Nothing is sent before the first request. */
export function openClient(endpoint: Endpoint, clientInfo: { name: string; version: string }): McpClient {
  const host = hostOf(endpoint.url);
  const limitMs = deadlineMs(endpoint.timeoutMs);
  /** What the server asked and nobody could answer, in the request under way. */
  let asked: string | undefined;
  let notified: RequestOptions["onNotification"];

  /** Nobody is there to be asked; ping alone can be answered. */
  async function onMessage(message: NotificationMessage | RequestMessage): Promise<void> {
    if (message.kind === "notification") return notified?.(message);
    if (message.method === "ping") return connection.respond(resultResponse(message.id, {}));
    asked = message.method;
    const error = { code: METHOD_NOT_FOUND, message: `a one-off command cannot answer ${message.method}` };
    await connection.respond(errorResponse(message.id, error));
  }

  const connection = createConnection({ endpoint, onMessage, own: { clientInfo, capabilities: {} } });

  async function send(method: string, params: JsonObject, spelled = false): Promise<JsonObject> {
    asked = undefined;
    const over = new AbortController();
    const deadline = watchIdle(limitMs, () => over.abort(tookTooLong(host, limitMs)));
    try {
      // The connection sends it under an id of its own.
      const message = requestMessage("0", method, params);
      const answer = await connection.request({ message, signal: over.signal, onMessage });
      const failure = failureOf(endpoint, answer);
      if (failure) throw failure.code === "server_error" && asked ? inputNeeded(host, [asked]) : failure;
      if (answer.kind !== "response") return {};
      return spelled ? spelledResult(answer.message) : (answer.message.result ?? {});
    } catch (error) {
      throw error instanceof InputNeeded ? inputNeeded(host, error.methods) : error;
    } finally {
      deadline.stop();
    }
  }

  const listing = pagesJoined(endpoint, send);

  return {
    async request(method, params = {}, { onNotification, spelled } = {}) {
      notified = onNotification;
      return send(method, params, spelled);
    },

    serverInfo: async () => describeServer(await send("server/discover", {})),

    list: async (method, key) => itemsOf(await listing(method, key), key),

    listing,

    async ping() {
      await send("ping", {});
    },

    // The session stays open for the next command.
    close: () => connection.close("leave"),
  };
}
