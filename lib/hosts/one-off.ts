// The host of one-off commands: what a client would answer to its server, their caller does.
import { type JsonObject, objectOf } from "../json.ts";
import { createConnection } from "../mcp/connection/connection.ts";
import {
  type NotificationMessage,
  type RequestMessage,
  type RpcError,
  spelledResult,
} from "../mcp/jsonrpc/message.ts";
import { errorIn } from "../mcp/protocol/answer.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import { inputNeeded } from "../mcp/protocol/errors.ts";
import { visitsIn } from "../mcp/translate/url-visits.ts";
import { hostOf } from "../net/network-error.ts";
import { errorFailure, failureOf } from "./failure-of.ts";
import { itemsOf, type ListOptions, pagesJoined } from "./listing.ts";
import type { AwaitOptions } from "./one-off/await-task.ts";
import { type Caller, capabilitiesOf } from "./one-off/caller.ts";
import {
  answer as answerServer,
  cancelTask,
  exchange,
  type OneOff,
  type RequestOptions,
  tell,
} from "./one-off/exchange.ts";
import { createQuestions } from "./one-off/questions.ts";
import type { Task } from "./one-off/task.ts";
import { describeServer, type ServerInfo } from "./server-info.ts";

/** Times that a call is made again after a person has visited the addresses that it needs. */
const MAX_VISITS = 5;

/** A client for one-off commands: one request, as few HTTP requests as the server's era allows. */
export interface McpClient {
  /** Aborted when the caller has given up, with the failure that the command ends with. */
  readonly gone: AbortSignal;
  /**
   * @throws M2mcpError the server's JSON-RPC error (exit 2), network failures (exit 3), authorization (exit 4), or the
   *   reason for which the caller gave up
   */
  request(method: string, params?: JsonObject, options?: RequestOptions): Promise<JsonObject>;
  serverInfo(): Promise<ServerInfo>;
  /** All items of a list, page by page (MCP "Pagination"). */
  list(method: string, key: string): Promise<JsonObject[]>;
  /** A list as the server gave it, its pages joined into one: what else they say stands there as the first that says it has it. */
  listing(method: string, key: string, options?: ListOptions): Promise<JsonObject>;
  /** Waits for the task that a call has become, and gives what the call would have given. */
  awaitTask(task: Task, options?: AwaitOptions): Promise<JsonObject>;
  /** A sign of life: `ping`, or `server/discover` in the modern era, which has no ping. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A host for one command: sends, waits, and puts what the server asks to its caller. Nothing is sent before the first
 * request.
 */
export function openClient(
  endpoint: Endpoint,
  clientInfo: { name: string; version: string },
  caller: Caller,
): McpClient {
  const host = hostOf(endpoint.url);
  const questions = createQuestions(caller, host);
  /** What belongs to no request: over the old transport, all that the server says. */
  const onMessage = async (message: NotificationMessage | RequestMessage): Promise<void> => {
    if (message.kind === "notification") tell(context, message);
    else await answerServer(context, message, caller.gone);
  };
  const connection = createConnection({ endpoint, onMessage, own: identityOf(caller, clientInfo) });
  const context: OneOff = { endpoint, host, caller, questions, connection, underWay: new Set() };

  async function send(method: string, params: JsonObject, options: RequestOptions = {}): Promise<JsonObject> {
    for (let round = 0; ; round++) {
      const { answer, asked } = await exchange(context, method, params, options);
      const visits = visitsIn(errorIn(answer));
      if (visits.length > 0 && round < MAX_VISITS && (await questions.visit(visits, caller.gone))) continue;
      const failure = failureOf(endpoint, answer);
      if (failure) throw failure.code === "server_error" && asked ? inputNeeded(host, [asked]) : failure;
      if (answer.kind !== "response") return {};
      return options.spelled ? spelledResult(answer.message) : objectOf(answer.message.result);
    }
  }

  const listing = pagesJoined(endpoint, send);

  return {
    gone: caller.gone,

    request: (method, params = {}, options = {}) => send(method, params, options),

    serverInfo: async () => describeServer(await send("server/discover", {})),

    list: async (method, key) => itemsOf(await listing(method, key), key),

    listing,

    async awaitTask(task, options) {
      const { awaitTask } = await import("./one-off/await-task.ts");
      const cancel = (taskId: string) => cancelTask(context, taskId);
      const failure = (error: RpcError) => errorFailure(endpoint, error);
      return awaitTask({ host, caller, questions, request: send, cancel, failure }, task, options);
    },

    async ping() {
      await send("ping", {});
    },

    // The session stays open for the next command.
    close: () => connection.close("leave"),
  };
}

/** What is declared to the server: what the caller can do, and that a call may become a task. */
const identityOf = (caller: Caller, clientInfo: { name: string; version: string }) => ({
  clientInfo,
  capabilities: capabilitiesOf(caller),
  extensions: { "io.modelcontextprotocol/tasks": {} },
  logLevel: caller.logLevel,
});
