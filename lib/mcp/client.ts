import { invalidAnswer, noCommonVersion, serverError, tookTooLong, unexpectedStatus } from "../errors.ts";
import { type ErrorAnswer, supportedVersions } from "./answers.ts";
import { boundMs, withinBound } from "./bound.ts";
import {
  judgeInitialize,
  judgeModern,
  LEGACY_VERSION,
  LEGACY_VERSIONS,
  META_SERVER,
  MODERN_VERSION,
  MODERN_VERSIONS,
  UNSUPPORTED_VERSION,
} from "./era.ts";
import { hostOf } from "./http.ts";
import { createHttpSseRoad } from "./http-sse.ts";
import { createLegacySession, type LegacySession } from "./legacy.ts";
import {
  errorResponse,
  isObject,
  type JsonObject,
  METHOD_NOT_FOUND,
  type Message,
  type NotificationMessage,
  notification,
  type ResponseMessage,
  request as requestMessage,
  resultResponse,
} from "./messages.ts";
import { createModernServer } from "./modern.ts";
import type { Road } from "./road.ts";
import { withModernMeta } from "./translate.ts";
import type { Endpoint, ServerMemory } from "./types.ts";

/** Pages of a list followed at most; a server that goes on for ever is stopped. */
const MAX_PAGES = 1000;

/** What a server says of itself. */
export interface ServerInfo {
  name: string;
  version: string;
  title?: string;
  instructions?: string;
  capabilities: JsonObject;
  protocolVersion: string;
}

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
  const limitMs = boundMs(endpoint.timeoutMs);
  const bounded = <T>(work: Promise<T>): Promise<T> =>
    withinBound(work, limitMs, () => tookTooLong(hostOf(endpoint.url), limitMs));
  let answers: ((message: ResponseMessage) => void) | undefined;
  let notified: RequestOptions["onNotification"];

  async function recall(): Promise<void> {
    if (memory !== undefined) return;
    memory = (await endpoint.memory.read()) ?? {};
    const { protocol } = endpoint;
    era = protocol === undefined ? memory.era : MODERN_VERSIONS.includes(protocol) ? "modern" : "legacy";
  }

  async function remember(changes: ServerMemory): Promise<void> {
    memory = { ...memory, ...changes };
    await endpoint.memory.write(memory);
  }

  async function fromServer(message: Message): Promise<void> {
    if (message.kind === "response") answers?.(message);
    else if (message.kind === "notification") notified?.(message);
    // Nobody is there to be asked; ping alone can be answered.
    else if (message.method === "ping") await legacy?.road.respond(resultResponse(message.id, {}));
    else {
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

  async function handshake(): Promise<LegacyWay> {
    const tries = era === "sse" ? (["sse"] as const) : (["legacy", "sse"] as const);
    let first: ErrorAnswer | undefined;
    for (const kind of tries) {
      const session =
        kind === "legacy" ? createLegacySession(endpoint, fromServer, { listens: false }) : undefined;
      const road = session ?? createHttpSseRoad(endpoint, fromServer);
      legacy = { road, ...(session ? { session } : {}) };
      const protocolVersion = endpoint.protocol ?? LEGACY_VERSION;
      const answer = await sendLegacy(road, "initialize", { protocolVersion, capabilities: {}, clientInfo });
      if ("status" in answer) {
        first ??= answer;
        if (kind === "legacy" && judgeInitialize(answer) === "maybe-sse") continue;
        break;
      }
      const result = unwrap(answer);
      const agreed = String(result.protocolVersion);
      if (!LEGACY_VERSIONS.includes(agreed)) throw noCommonVersion(LEGACY_VERSIONS, [agreed]);
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
    legacy = undefined;
    throw failureOf(first ?? { status: 404 });
  }

  /** The legacy session: the remembered one, or a new one. */
  async function legacyWay(): Promise<LegacyWay> {
    if (legacy) return legacy;
    const known = memory?.session;
    if (era !== "legacy" || !known) return handshake();
    const session = createLegacySession(endpoint, fromServer, { resumed: known, listens: false });
    legacy = { road: session, session };
    return legacy;
  }

  async function requestLegacy(method: string, params: JsonObject): Promise<JsonObject> {
    const way = await legacyWay();
    const answer = await sendLegacy(way.road, method, params);
    // A remembered session that the server no longer knows: 404, and 400 from servers that see it as missing.
    const forgotten =
      "status" in answer && (answer.status === 404 || answer.status === 400) && !way.initialized;
    if (!forgotten) return unwrap(answer);
    legacy = undefined;
    const { session: _lost, ...rest } = memory ?? {};
    memory = rest;
    return unwrap(await sendLegacy((await handshake()).road, method, params));
  }

  /** Sends in the modern way; resolves to `legacy` when the answer shows a server that must be asked otherwise. */
  async function requestModern(method: string, params: JsonObject): Promise<JsonObject | "legacy"> {
    const id = ++serial;
    let answer: ResponseMessage | undefined;
    const message = requestMessage(id, method, withModernMeta(params, identity, undefined));
    const failure = await bounded(
      modern.request(message, async (read) => {
        if (read.kind === "response" && read.id === id) answer = read;
        else if (read.kind === "notification") notified?.(read);
      }),
    );
    const error = failure ? failure.error : answer?.error;
    if (error?.code === UNSUPPORTED_VERSION) {
      const theirs = supportedVersions(error);
      if (endpoint.protocol === undefined && theirs.some((version) => LEGACY_VERSIONS.includes(version)))
        return "legacy";
      throw noCommonVersion([MODERN_VERSION, ...LEGACY_VERSIONS], theirs);
    }
    if (failure) {
      if (judgeModern(failure) === "legacy" && endpoint.protocol === undefined) return "legacy";
      throw failureOf(failure);
    }
    if (
      answer &&
      era !== "modern" &&
      (answer.result?.resultType !== undefined || method === "server/discover")
    )
      await remember({ era: "modern" });
    const result = unwrap(answer ?? { status: 200 });
    if (result.resultType === "input_required")
      throw invalidAnswer(hostOf(endpoint.url), "it asks for input, which a one-off command cannot give");
    return result;
  }

  const unwrap = (answer: ResponseMessage | ErrorAnswer): JsonObject => {
    if ("status" in answer) throw failureOf(answer);
    if (answer.error) throw serverError(answer.error.code, answer.error.message);
    return answer.result ?? {};
  };
  const failureOf = ({ status, error }: ErrorAnswer) =>
    error ? serverError(error.code, error.message) : unexpectedStatus(hostOf(endpoint.url), status);

  async function send(method: string, params: JsonObject): Promise<JsonObject> {
    await recall();
    if (era === undefined || era === "modern") {
      const result = await requestModern(method, params);
      if (result !== "legacy") return result;
      era = "legacy";
    }
    return requestLegacy(method, params);
  }

  return {
    async request(method, params = {}, options = {}) {
      notified = options.onNotification;
      return send(method, params);
    },

    async serverInfo() {
      await recall();
      if (era === undefined || era === "modern") {
        const found = await requestModern("server/discover", {});
        if (found !== "legacy")
          return describe(
            found,
            isObject(found._meta) ? found._meta[META_SERVER] : undefined,
            MODERN_VERSION,
          );
        era = "legacy";
      }
      legacy = undefined;
      const result = (await handshake()).initialized ?? {};
      return describe(result, result.serverInfo, String(result.protocolVersion));
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
      await recall();
      if (era === undefined || era === "modern") {
        if ((await requestModern("server/discover", {})) !== "legacy") return;
        era = "legacy";
      }
      await requestLegacy("ping", {});
    },

    async close() {
      modern.close();
      // The session stays open for the next command.
      if (legacy?.session) legacy.session.leave();
      else await legacy?.road.close();
    },
  };
}

function describe(result: JsonObject, info: unknown, protocolVersion: string): ServerInfo {
  const { name, version, title } = isObject(info) ? info : {};
  return {
    name: typeof name === "string" ? name : "unknown",
    version: typeof version === "string" ? version : "unknown",
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof result.instructions === "string" ? { instructions: result.instructions } : {}),
    capabilities: isObject(result.capabilities) ? result.capabilities : {},
    protocolVersion,
  };
}
