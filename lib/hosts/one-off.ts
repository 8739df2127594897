import { M2mcpError } from "../failure.ts";
import { isObject, type JsonObject } from "../json.ts";
import {
  errorResponse,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  type Message,
  type NotificationMessage,
  notification,
  type ResponseMessage,
  request as requestMessage,
  resultResponse,
} from "../mcp/jsonrpc/message.ts";
import { createHttpSseRoad } from "../mcp/legacy/http-sse.ts";
import { createLegacySession, type LegacySession } from "../mcp/legacy/session.ts";
import { createModernServer } from "../mcp/modern/stateless-http.ts";
import { type ErrorAnswer, supportedVersions } from "../mcp/protocol/answer.ts";
import type { Endpoint, ServerEra, ServerMemory } from "../mcp/protocol/endpoint.ts";
import { inputNeeded, noCommonVersion } from "../mcp/protocol/errors.ts";
import { learned } from "../mcp/protocol/server-cache.ts";
import type { Road } from "../mcp/protocol/transport.ts";
import {
  erasAfterModern,
  erasAfterOpening,
  erasOf,
  isNoStream,
  LEGACY_VERSION,
  LEGACY_VERSIONS,
  META_SERVER,
  MODERN_VERSION,
  undiscovered,
} from "../mcp/protocol/versions.ts";
import { withModernMeta } from "../mcp/translate/translate.ts";
import { invalidAnswer, tookTooLong, unexpectedStatus } from "../net/errors.ts";
import { hostOf } from "../net/network-error.ts";
import { backoffMs } from "../timing/backoff.ts";
import { deadlineMs, withDeadline } from "../timing/deadline.ts";
import { sleep } from "../timing/sleep.ts";
import { errorOf, failureOf, inputsOf, wantsRetry } from "./refusals.ts";
import { describeServer, type ServerInfo } from "./server-info.ts";

/** Times that a server may ask for nothing but to be asked again. */
const MAX_ROUNDS = 10;
/** First wait before asking again, in ms. */
const RETRY_MS = 200;

/** Pages of a list followed at most; a server that goes on for ever is stopped. */
const MAX_PAGES = 1000;

export interface RequestOptions {
  onNotification?: (message: NotificationMessage) => void;
}

/** A client for one-off commands: one request, as few HTTP requests as the server's era allows. */
export interface McpClient {
  /** @throws M2mcpError the server's JSON-RPC error (exit 2), network failures (exit 3), authorization (exit 4) */
  request(method: string, params?: JsonObject, options?: RequestOptions): Promise<JsonObject>;
  serverInfo(): Promise<ServerInfo>;
  /** All items of a list, page by page (MCP "Pagination"). */
  list(method: string, key: string): Promise<JsonObject[]>;
  /** A sign of life: `ping`, or `server/discover` in the modern era, which has no ping. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

interface LegacyWay {
  road: Road;
  session?: LegacySession;
  /** The answer to `initialize`, when this process did the handshake. */
  initialized?: JsonObject;
}

/** Opens a client; nothing is sent before the first request. */
export function openClient(endpoint: Endpoint, clientInfo: { name: string; version: string }): McpClient {
  const modern = createModernServer(endpoint);
  const identity = { clientInfo, capabilities: {} };
  let legacy: LegacyWay | undefined;
  let era: ServerMemory["era"] | undefined;
  let memory: ServerMemory | undefined;
  let serial = 0;
  const limitMs = deadlineMs(endpoint.timeoutMs);
  /** Each exchange has its time, whatever is heard meanwhile. */
  const bounded = <T>(work: Promise<T>): Promise<T> =>
    withDeadline(work, limitMs, () => tookTooLong(hostOf(endpoint.url), limitMs));
  let answers: ((message: ResponseMessage) => void) | undefined;
  let notified: RequestOptions["onNotification"];
  /** What the server asked and nobody could answer. */
  let asked: string | undefined;
  const allowed = erasOf(endpoint.protocol);

  async function recall(): Promise<void> {
    if (memory !== undefined) return;
    memory = (await endpoint.memory.read()) ?? {};
    era = memory.era && allowed.includes(memory.era) ? memory.era : undefined;
    // A pinned version leaves no question, but for the transport of the legacy ones.
    if (endpoint.protocol !== undefined) era ??= allowed[0];
  }

  async function remember(changes: ServerMemory): Promise<void> {
    memory = learned(memory ?? {}, changes);
    await endpoint.memory.change((old) => learned(old, changes));
  }

  async function fromServer(message: Message): Promise<void> {
    if (message.kind === "response") answers?.(message);
    else if (message.kind === "notification") notified?.(message);
    // Nobody is there to be asked; ping alone can be answered.
    else if (message.method === "ping") await legacy?.road.respond(resultResponse(message.id, {}));
    else {
      asked = message.method;
      const error = { code: METHOD_NOT_FOUND, message: `a one-off command cannot answer ${message.method}` };
      await legacy?.road.respond(errorResponse(message.id, error));
    }
  }

  /** Sends over a legacy road and waits for the answer. */
  async function sendLegacy(
    road: Road,
    method: string,
    params: JsonObject,
  ): Promise<ResponseMessage | ErrorAnswer> {
    const id = ++serial;
    let answer: ResponseMessage | undefined;
    answers = (message) => {
      if (message.id === id) answer = message;
    };
    const failure = await bounded(road.request(requestMessage(id, method, params)));
    return failure ?? answer ?? { status: 200 };
  }

  /** One handshake, in the version given; resolves to the server's refusal. */
  async function shakeHands(
    kind: "legacy" | "sse",
    protocolVersion: string,
  ): Promise<LegacyWay | ErrorAnswer> {
    const session =
      kind === "legacy" ? createLegacySession(endpoint, fromServer, { listens: false }) : undefined;
    const road = session ?? createHttpSseRoad(endpoint, fromServer);
    legacy = { road, ...(session ? { session } : {}) };
    const answer = await sendLegacy(road, "initialize", { protocolVersion, capabilities: {}, clientInfo });
    const error = answer.error;
    const common = error && supportedVersions(error).find((theirs) => LEGACY_VERSIONS.includes(theirs));
    if (common !== undefined && common !== protocolVersion && endpoint.protocol === undefined) {
      await road.close();
      return shakeHands(kind, common);
    }
    if (error) return { status: "status" in answer ? answer.status : 200, error };
    if ("status" in answer) return answer;
    const result = answer.result ?? {};
    const agreed = String(result.protocolVersion);
    const ours = endpoint.protocol === undefined ? LEGACY_VERSIONS : [endpoint.protocol];
    if (!ours.includes(agreed)) {
      await road.close();
      throw noCommonVersion(ours, [agreed]);
    }
    await road.notify(notification("notifications/initialized"));
    const id = session?.current().id;
    await remember({
      era: kind,
      protocolVersion: agreed,
      ...(session ? { session: { protocolVersion: agreed, ...(id === undefined ? {} : { id }) } } : {}),
    });
    legacy.initialized = result;
    return legacy;
  }

  /**
   * The handshake, over the transport that the server has; `modern` when it has neither and speaks the modern era.
   *
   * @param kind the transport to try first
   */
  async function handshake(kind: "legacy" | "sse"): Promise<LegacyWay | "modern"> {
    const queue: ServerEra[] = [kind];
    let first: ErrorAnswer | M2mcpError | undefined;
    for (const next of queue) {
      if (next === "modern") {
        if (await isModern()) return "modern";
        continue;
      }
      let refusal: ErrorAnswer | M2mcpError;
      try {
        const way = await shakeHands(next, endpoint.protocol ?? LEGACY_VERSION);
        if ("road" in way) return way;
        refusal = way;
      } catch (error) {
        if (!isNoStream(next, error)) throw error;
        refusal = error;
      }
      await legacy?.road.close();
      legacy = undefined;
      first ??= refusal;
      for (const other of erasAfterOpening(next, refusal))
        if (!queue.includes(other) && allowed.includes(other)) queue.push(other);
    }
    throw first instanceof M2mcpError ? first : failureOf(endpoint, first ?? { status: 404 });
  }

  /** Whether the server can be discovered. */
  async function isModern(): Promise<boolean> {
    const answer = await sendModern("server/discover", {});
    return answer.error === undefined && !("status" in answer) && !undiscovered(answer.result);
  }

  async function requestLegacy(method: string, params: JsonObject): Promise<JsonObject | "modern"> {
    const known = legacy ?? resumed();
    if (known) {
      legacy = known;
      const answer = await sendLegacy(known.road, method, params);
      // A remembered session that the server no longer knows: 404, and 400 from servers that see it as missing.
      const forgotten = "status" in answer && [400, 404, 405].includes(answer.status) && !known.initialized;
      if (!forgotten) return unwrap(answer);
      legacy = undefined;
    }
    const way = await handshake(era === "sse" ? "sse" : "legacy");
    return way === "modern" ? way : unwrap(await sendLegacy(way.road, method, params));
  }

  /** The legacy session of an earlier command, in the version that is wanted now. */
  function resumed(): LegacyWay | undefined {
    const known = memory?.session;
    if (era !== "legacy" || !known) return undefined;
    if (endpoint.protocol !== undefined && known.protocolVersion !== endpoint.protocol) return undefined;
    const session = createLegacySession(endpoint, fromServer, { resumed: known, listens: false });
    return { road: session, session };
  }

  /** Sends one request in the modern way. */
  async function sendModern(method: string, params: JsonObject): Promise<ResponseMessage | ErrorAnswer> {
    const id = ++serial;
    let answer: ResponseMessage | undefined;
    const message = requestMessage(id, method, withModernMeta(params, identity, undefined));
    const take = async (read: Message) => {
      if (read.kind === "response" && read.id === id) answer = read;
      else if (read.kind === "notification") notified?.(read);
    };
    const failure = await bounded(modern.request(message, take));
    return failure ?? answer ?? { status: 200 };
  }

  /** The same, as often as the server asks for no more than that; `legacy` when it must be asked otherwise. */
  async function requestModern(method: string, params: JsonObject): Promise<JsonObject | "legacy"> {
    let answer = await sendModern(method, params);
    for (let round = 1; round < MAX_ROUNDS && wantsRetry(answer); round++) {
      await sleep(backoffMs(round, RETRY_MS));
      answer = await sendModern(method, { ...params, requestState: answer.result?.requestState });
    }
    const { error } = answer;
    const status = "status" in answer ? answer.status : 200;
    if (error || "status" in answer) {
      const refusal = { status, ...(error ? { error } : {}) };
      if (erasAfterModern(refusal, method).includes("legacy") && allowed.includes("legacy")) {
        // A server of both eras, or a known one, may have refused the request for its own sake.
        const unclear = memory?.era === "modern" || error?.code === INVALID_PARAMS;
        if (!unclear || method === "server/discover" || !(await isModern())) return "legacy";
      }
      // Of a server not known yet, an error in a 200 may be a legacy one's way to ask for the handshake.
      if (status === 200 && era === undefined && !(await isModern())) return "legacy";
      return unwrap(answer);
    }
    const result = answer.result ?? {};
    if (method === "server/discover" && undiscovered(result) && allowed.includes("legacy")) return "legacy";
    const modernly = result.resultType !== undefined || Array.isArray(result.supportedVersions);
    if (modernly && memory?.era !== "modern" && endpoint.protocol === undefined)
      await remember({ era: "modern" });
    if (result.resultType === "input_required") throw inputNeeded(hostOf(endpoint.url), inputsOf(result));
    return result;
  }

  const unwrap = (answer: ResponseMessage | ErrorAnswer): JsonObject => {
    if ("status" in answer) throw failureOf(endpoint, answer);
    if (answer.error)
      throw asked ? inputNeeded(hostOf(endpoint.url), [asked]) : errorOf(endpoint, answer.error);
    return answer.result ?? {};
  };

  /** Sends in the era that the server is known for, or in the one that it turns out to be of. */
  async function send(method: string, params: JsonObject, legacyMethod = method): Promise<JsonObject> {
    await recall();
    asked = undefined;
    if (era === undefined || era === "modern") {
      const result = await requestModern(method, params);
      if (result !== "legacy") return result;
      era = "legacy";
    }
    const result = await requestLegacy(legacyMethod, params);
    if (result !== "modern") return result;
    era = "modern";
    const last = await requestModern(method, params);
    if (last === "legacy") throw unexpectedStatus(hostOf(endpoint.url), 400);
    return last;
  }

  return {
    async request(method, params = {}, options = {}) {
      notified = options.onNotification;
      return send(method, params);
    },

    async serverInfo() {
      await recall();
      let found: JsonObject | "legacy" = "legacy";
      if (era === undefined || era === "modern") found = await requestModern("server/discover", {});
      if (found === "legacy") {
        legacy = undefined;
        const way = await handshake(era === "sse" ? "sse" : "legacy");
        if (way !== "modern") {
          const { initialized = {} } = way;
          return describeServer(initialized, initialized.serverInfo, String(initialized.protocolVersion));
        }
        found = await requestModern("server/discover", {});
      }
      if (found === "legacy") throw unexpectedStatus(hostOf(endpoint.url), 400);
      return describeServer(
        found,
        isObject(found._meta) ? found._meta[META_SERVER] : undefined,
        MODERN_VERSION,
      );
    },

    async list(method, key) {
      const items: JsonObject[] = [];
      let cursor: unknown;
      for (let page = 0; page < MAX_PAGES; page++) {
        const result = await send(method, cursor === undefined ? {} : { cursor });
        if (Array.isArray(result[key])) items.push(...result[key].filter(isObject));
        cursor = result.nextCursor;
        if (typeof cursor !== "string" || cursor === "") return items;
      }
      throw invalidAnswer(hostOf(endpoint.url), `the list goes on beyond ${MAX_PAGES} pages`);
    },

    async ping() {
      await send("server/discover", {}, "ping");
    },

    async close() {
      modern.close();
      // The session stays open for the next command.
      if (legacy?.session) legacy.session.leave();
      else await legacy?.road.close();
    },
  };
}
