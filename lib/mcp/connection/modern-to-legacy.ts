import { isObject, type JsonObject } from "../../json.ts";
import { streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import {
  errorResponse,
  exactParams,
  type Id,
  INVALID_PARAMS,
  type Message,
  notification,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { type ErrorAnswer, supportedVersions, toRpcError } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { noCommonVersion } from "../protocol/errors.ts";
import { carries, type Filter, offered, tagged } from "../protocol/subscription-filter.ts";
import type { Deliver, Road } from "../protocol/transport.ts";
import {
  LEGACY_VERSION,
  LEGACY_VERSIONS,
  META_CAPABILITIES,
  META_CLIENT,
  META_LOG_LEVEL,
  META_SUBSCRIPTION,
  META_VERSION,
  MODERN_VERSIONS,
  UNSUPPORTED_VERSION,
} from "../protocol/versions.ts";
import { modernRefusal } from "../translate/modern-rules.ts";
import { discoverResult, LOG_LEVELS, withoutModernMeta } from "../translate/translate.ts";
import { createHeldCalls, levelOf } from "./held-calls.ts";

const metaOf = ({ params }: RequestMessage): JsonObject => (isObject(params._meta) ? params._meta : {});

/**
 * A modern client with a legacy server: one session serves all its requests; what the server asks becomes
 * `input_required`, and the retry the answer that the server awaits; `subscriptions/listen` becomes the GET stream
 * and `resources/subscribe`.
 *
 * @param openSession makes the legacy session, given where its messages go
 */
export function createModernToLegacy(
  endpoint: Endpoint,
  deliver: Deliver,
  openSession: (to: Deliver) => Road,
): Road {
  const session = openSession(fromServer);
  const calls = createHeldCalls({
    session,
    deliver,
    url: endpoint.url,
    serverInfo: () => initialized?.serverInfo,
  });
  const own = new Map<Id, (answer: ResponseMessage) => void>();
  const subscriptions = new Map<Id, Filter>();
  const listenEnds = new Map<Id, () => void>();
  let initialized: JsonObject | undefined;
  let opening: Promise<ErrorAnswer | undefined> | undefined;
  /** The session's log level: the most talkative that any call wanted. */
  let sessionLevel = Number.POSITIVE_INFINITY;
  let closed = false;
  let serial = 0;

  /** Asks the server something for ourselves. */
  async function ask(method: string, params: JsonObject): Promise<ErrorAnswer | ResponseMessage> {
    const id = `m2mcp-${++serial}`;
    const answered = new Promise<ResponseMessage>((resolve) => own.set(id, resolve));
    try {
      const failure = await session.request(requestMessage(id, method, params));
      return failure ?? (await answered);
    } finally {
      own.delete(id);
    }
  }

  /** The handshake, in the name of the client whose request comes first. */
  function open(first: RequestMessage): Promise<ErrorAnswer | undefined> {
    opening ??= handshake(metaOf(first), endpoint.protocol ?? LEGACY_VERSION).then(
      (failure) => {
        if (failure) opening = undefined;
        return failure;
      },
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  }

  async function handshake(meta: JsonObject, protocolVersion: string): Promise<ErrorAnswer | undefined> {
    const answer = await ask("initialize", {
      protocolVersion,
      capabilities: isObject(meta[META_CAPABILITIES]) ? meta[META_CAPABILITIES] : {},
      clientInfo: isObject(meta[META_CLIENT]) ? meta[META_CLIENT] : { name: "m2mcp", version: "0" },
    });
    if (answer.error) {
      const common = supportedVersions(answer.error).find((theirs) => LEGACY_VERSIONS.includes(theirs));
      if (common !== undefined && common !== protocolVersion && endpoint.protocol === undefined)
        return handshake(meta, common);
    }
    if ("status" in answer) return answer;
    if (answer.error) return { status: 200, error: answer.error };
    const result = answer.result ?? {};
    const ours = endpoint.protocol === undefined ? LEGACY_VERSIONS : [endpoint.protocol];
    const agreed = String(result.protocolVersion);
    if (!ours.includes(agreed)) return { status: 200, error: toRpcError(noCommonVersion(ours, [agreed])) };
    initialized = result;
    await session.notify(notification("notifications/initialized"));
    return undefined;
  }

  async function fromServer(message: Message, from?: Id): Promise<void> {
    if (message.kind === "response") {
      const mine = message.id === null ? undefined : own.get(message.id);
      return mine ? mine(message) : calls.answer(message);
    }
    if (message.kind === "request") return calls.input(message, from);
    const { method, params } = message;
    switch (method) {
      case "notifications/cancelled":
        return calls.withdraw(params.requestId);
      case "notifications/progress":
        return calls.progress(message);
      case "notifications/message":
        return calls.wantsLog(params.level, from) ? deliver(message) : undefined;
      // Modern clients learn it from the retry.
      case "notifications/elicitation/complete":
        return;
      case "notifications/tools/list_changed":
      case "notifications/prompts/list_changed":
      case "notifications/resources/list_changed":
      case "notifications/resources/updated":
        for (const [id, filter] of subscriptions)
          if (carries(filter, method, params)) await deliver(notification(method, tagged(params, id)));
        return;
      default:
        return deliver(message);
    }
  }

  /** Legacy servers keep the level of log messages for the session; what is less than a call wants is left out here. */
  async function followLevel(message: RequestMessage): Promise<void> {
    const level = levelOf(metaOf(message));
    if (level >= sessionLevel) return;
    sessionLevel = level;
    if (isObject(initialized?.capabilities) && "logging" in initialized.capabilities)
      await ask("logging/setLevel", { level: LOG_LEVELS[level] });
  }

  async function listen(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const wanted: Filter = isObject(message.params.notifications) ? message.params.notifications : {};
    const end = new Promise<void>((resolve) => listenEnds.set(message.id, resolve));
    const filter = offered(wanted, initialized?.capabilities);
    if (filter.resourceSubscriptions)
      filter.resourceSubscriptions = await subscribed(filter.resourceSubscriptions);
    subscriptions.set(message.id, filter);
    await deliver(
      notification("notifications/subscriptions/acknowledged", tagged({ notifications: filter }, message.id)),
    );
    await end;
    subscriptions.delete(message.id);
    if (closed) throw streamCut(hostOf(endpoint.url));
    const still = [...subscriptions.values()].flatMap((other) => other.resourceSubscriptions ?? []);
    for (const uri of filter.resourceSubscriptions ?? [])
      if (!still.includes(uri)) await ask("resources/unsubscribe", { uri }).catch(() => {});
    await deliver(
      resultResponse(message.id, { resultType: "complete", _meta: { [META_SUBSCRIPTION]: message.id } }),
    );
    return undefined;
  }

  /** Subscribes to resources; resolves with those that the server lets be subscribed to. */
  async function subscribed(uris: string[]): Promise<string[]> {
    const honoured = await Promise.all(
      uris.map(async (uri) => {
        const answered = await ask("resources/subscribe", { uri });
        return "status" in answered || answered.error ? [] : [uri];
      }),
    );
    return honoured.flat();
  }

  return {
    open,
    async request(message) {
      const problem = modernRefusal(message) ?? requestProblem(metaOf(message));
      if (problem) {
        await deliver(errorResponse(message.id, problem));
        return undefined;
      }
      const failure = await open(message);
      if (failure) return failure;
      if (message.method === "server/discover") {
        await deliver(resultResponse(message.id, discoverResult(initialized ?? {})));
        return undefined;
      }
      if (message.method === "subscriptions/listen") return listen(message);
      await followLevel(message);
      return calls.carry(message);
    },
    async notify(message) {
      if (message.method !== "notifications/cancelled")
        return session.notify(notification(message.method, withoutModernMeta(exactParams(message))));
      const requestId = message.params.requestId as Id;
      listenEnds.get(requestId)?.();
      listenEnds.delete(requestId);
      await calls.cancel(message);
    },
    // A modern client answers nothing: its answers come with the retry.
    async respond() {},
    close: () => {
      closed = true;
      for (const end of listenEnds.values()) end();
      calls.close();
      return session.close();
    },
  };
}

/** What a modern server would find wrong with a request's `_meta` (MCP 2026-07-28 "Versioning", "Logging"). */
function requestProblem(meta: JsonObject): RpcError | undefined {
  const version = meta[META_VERSION];
  if (typeof version === "string" && !MODERN_VERSIONS.includes(version))
    return {
      code: UNSUPPORTED_VERSION,
      message: `unsupported protocol version ${version}; here ${MODERN_VERSIONS.join(", ")}`,
      data: { supported: MODERN_VERSIONS, requested: version },
    };
  const level = meta[META_LOG_LEVEL];
  if (level !== undefined && !LOG_LEVELS.includes(String(level)))
    return { code: INVALID_PARAMS, message: `logLevel must be one of ${LOG_LEVELS.join(", ")}` };
  return undefined;
}
