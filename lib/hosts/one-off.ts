import type { JsonObject } from "../json.ts";
import { isObject } from "../json.ts";
import { createConnection } from "../mcp/connection/connection.ts";
import {
  errorResponse,
  METHOD_NOT_FOUND,
  type NotificationMessage,
  type RequestMessage,
  request as requestMessage,
  resultResponse,
} from "../mcp/jsonrpc/message.ts";
import { InputNeeded } from "../mcp/pairs/input-needed.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import { inputNeeded } from "../mcp/protocol/errors.ts";
import { MAX_PAGES, nextPage } from "../mcp/protocol/pages.ts";
import { invalidAnswer, tookTooLong } from "../net/errors.ts";
import { hostOf } from "../net/network-error.ts";
import { deadlineMs } from "../timing/deadline.ts";
import { watchIdle } from "../timing/idle-timeout.ts";
import { failureOf } from "./failure-of.ts";
import { describeServer, type ServerInfo } from "./server-info.ts";

export interface RequestOptions {
  onNotification?: (message: NotificationMessage) => void;
}

/** A client for one-off commands: one request, as few HTTP requests as the server's era allows. */
export interface McpClient {
  /** @throws M2mcpError the server's JSON-RPC error (exit 2), network failures (exit 3), authorization (exit 4) */
  request(method: string, params?: JsonObject, options?: RequestOptions): Promise<JsonObject>;
  serverInfo(): Promise<ServerInfo>;
  /** All items of a list, page by page (MCP "Pagination"). @param onPage told of each page, with its hints */
  list(method: string, key: string, onPage?: (result: JsonObject) => void): Promise<JsonObject[]>;
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

  async function send(method: string, params: JsonObject): Promise<JsonObject> {
    asked = undefined;
    const over = new AbortController();
    const deadline = watchIdle(limitMs, () => over.abort(tookTooLong(host, limitMs)));
    try {
      // The connection sends it under an id of its own.
      const message = requestMessage("0", method, params);
      const answer = await connection.request({ message, signal: over.signal, onMessage });
      const failure = failureOf(endpoint, answer);
      if (failure) throw failure.code === "server_error" && asked ? inputNeeded(host, [asked]) : failure;
      return answer.kind === "response" ? (answer.message.result ?? {}) : {};
    } catch (error) {
      throw error instanceof InputNeeded ? inputNeeded(host, error.methods) : error;
    } finally {
      deadline.stop();
    }
  }

  return {
    async request(method, params = {}, { onNotification } = {}) {
      notified = onNotification;
      return send(method, params);
    },

    serverInfo: async () => describeServer(await send("server/discover", {})),

    list: (method, key, onPage = () => {}) =>
      listAll(endpoint, key, async (cursor) => {
        const page = await send(method, cursor === undefined ? {} : { cursor });
        onPage(page);
        return page;
      }),

    async ping() {
      await send("ping", {});
    },

    // The session stays open for the next command.
    close: () => connection.close("leave"),
  };
}

/** All items of a list, page by page. @throws M2mcpError when it has no end, and what `page` throws */
async function listAll(
  { url, log }: Endpoint,
  key: string,
  page: (cursor: string | undefined) => Promise<JsonObject>,
): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  const next = nextPage(
    () => log("warning: the server names a page of the list again: it is taken to end here"),
    () => {
      throw invalidAnswer(hostOf(url), `the list goes on beyond ${MAX_PAGES} pages`);
    },
  );
  let cursor: string | undefined;
  do {
    const result = await page(cursor);
    // One by one: a call takes no more than 65,535 arguments.
    for (const item of Array.isArray(result[key]) ? result[key] : []) if (isObject(item)) items.push(item);
    cursor = next(result);
  } while (cursor !== undefined);
  return items;
}
