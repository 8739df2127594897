import { isObject, type JsonObject } from "../../../json.ts";
import { invalidAnswer } from "../../../net/errors.ts";
import { hostOf } from "../../../net/network-error.ts";
import { type Id, type Ids, idValue } from "../../jsonrpc/id.ts";
import {
  errorResponse,
  exactParams,
  exactResult,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "../../jsonrpc/message.ts";
import { createStandingSubscription, SubscriptionRefused } from "../../modern/standing-subscription.ts";
import { type Answer, answered, asRefused, refused, toRpcError } from "../../protocol/answer.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { type ClientIdentity, LOG_LEVELS, META_SUBSCRIPTION } from "../../protocol/meta.ts";
import { type Filter, LISTEN, listChanges, offered, untagged } from "../../protocol/subscription.ts";
import type { Call, OnMessage, Transport } from "../../protocol/transport.ts";
import { isDiscovered } from "../../protocol/verdict.ts";
import { MODERN_VERSION, MODERN_VERSIONS, UNSUPPORTED_VERSION } from "../../protocol/versions.ts";
import { inputRequests } from "../../translate/gather-input.ts";
import { createOutputShapes } from "../../translate/output-schema.ts";
import { initializeResult, legacyError, legacyResult } from "../../translate/to-legacy.ts";
import { withModernMeta } from "../../translate/to-modern.ts";
import type { EraTransport, Opened } from "../era-transport.ts";
import { throughRounds } from "../rounds.ts";
import { notDiscovered } from "../same-era.ts";

/** Notifications of a legacy client's that have no place in the modern era. */
const LEGACY_ONLY = [
  "notifications/initialized",
  "notifications/progress",
  "notifications/roots/list_changed",
];
/** What stands for the capabilities of a server that was not asked for them. */
const SUBSCRIBES = { resources: { subscribe: true } };

export interface LegacyOnModernOptions {
  endpoint: Endpoint;
  ids: Ids;
  /** The modern server. */
  transport: Transport;
  onMessage: OnMessage;
}

/**
 * A legacy client with a modern server: the handshake is answered from `server/discover`, each request gets its `_meta`,
 * `input_required` becomes requests to the client, one `subscriptions/listen` carries the changes.
 */
export function createLegacyOnModern({
  endpoint,
  ids,
  transport,
  onMessage,
}: LegacyOnModernOptions): EraTransport {
  const host = hostOf(endpoint.url);
  const shapes = createOutputShapes();
  const subscribed = new Set<string>();
  /** The client's answers to what we asked in the server's name. */
  const asked = new Map<Id, (answer: ResponseMessage) => void>();
  let client: ClientIdentity = { clientInfo: { name: "m2mcp", version: "0" }, capabilities: {} };
  /** The server's; undefined when the client skipped the handshake. */
  let capabilities: unknown;
  let logLevel: string | undefined;

  const modern = (id: Id, method: string, params: JsonObject) =>
    requestMessage(id, method, withModernMeta(params, client, logLevel));

  const standing = createStandingSubscription({
    endpoint,
    ids,
    wanted: (): Filter => ({
      ...listChanges(capabilities),
      ...(subscribed.size > 0 ? { resourceSubscriptions: [...subscribed] } : {}),
    }),
    request: (id, notifications, signal, to) =>
      transport.request({ message: modern(id, LISTEN, { notifications }), signal, onMessage: to }),
    onNotification: (message) => onMessage(toLegacy(message)),
  });

  async function open({ message, signal }: Call): Promise<Opened> {
    if (message.method !== "initialize") return { kind: "opened", proven: false };
    const { clientInfo, capabilities: offers, protocolVersion } = message.params;
    client = { clientInfo, capabilities: offers };
    const question = modern(ids.next(), "server/discover", {});
    const answer = await transport.request({ message: question, signal, onMessage: async () => {} });
    if (answer.kind === "refused" || answer.message.error) return asRefused(answer);
    const discovered = answer.message.result ?? {};
    if (!isDiscovered(discovered)) return notDiscovered();
    const error = unsupported(discovered.supportedVersions);
    if (error) return refused(200, error);
    capabilities = discovered.capabilities;
    const result = initializeResult(exactResult(answer.message), protocolVersion);
    return {
      kind: "opened",
      proven: true,
      initialized: result,
      answer: answered(resultResponse(message.id, result)),
    };
  }

  /** Sends one request, through its rounds of input. */
  async function carry({ message, signal, onMessage: to }: Call): Promise<Answer> {
    let id: Id | undefined;
    const answer = await throughRounds(exactParams(message), {
      send(params) {
        // The client's own id at first; each round is a request of its own.
        id = id === undefined ? message.id : ids.next();
        return transport.request({
          message: modern(id, message.method, params),
          signal,
          onMessage: (told) => to(told.kind === "notification" ? toLegacy(told) : told),
        });
      },
      gather: (wanted) => gather(wanted, signal, to),
      signal,
      host,
    });
    const { error } = asRefused(answer);
    if (answer.kind === "refused")
      return error ? { ...answer, error: legacyError(error, message.method, message.params) } : answer;
    if (error) return answered(errorResponse(message.id, legacyError(error, message.method, message.params)));
    const result = legacyResult(exactResult(answer.message));
    return answered(resultResponse(message.id, shapes.legacy(message, result)));
  }

  /** Asks the client for all inputs at once; an error of the client's ends the request with it. */
  async function gather(wanted: JsonObject, signal: AbortSignal, to: OnMessage): Promise<JsonObject> {
    const read = inputRequests(wanted, client.capabilities);
    if ("problem" in read) throw invalidAnswer(host, read.problem);
    const questions = read.requests.map(({ key, method, params }) => ({
      key,
      request: requestMessage(ids.next(), method, params),
    }));
    const stopped = Promise.withResolvers<never>();
    stopped.promise.catch(() => {});
    const onCancel = () => stopped.reject(signal.reason);
    signal.addEventListener("abort", onCancel, { once: true });
    try {
      const answers = questions.map(async ({ key, request }) => {
        const answer = new Promise<ResponseMessage>((resolve) => asked.set(request.id, resolve));
        await to(request);
        const said = await answer;
        if (said.error) throw new InputRefused(said.error);
        return [key, exactResult(said)] as const;
      });
      return Object.fromEntries(await Promise.race([Promise.all(answers), stopped.promise]));
    } finally {
      signal.removeEventListener("abort", onCancel);
      // What is still open is of no use any more.
      for (const { request } of questions)
        if (asked.delete(request.id))
          await to(notification("notifications/cancelled", { requestId: idValue(request.id) }));
    }
  }

  async function subscribe({ method, params }: RequestMessage): Promise<RpcError | undefined> {
    const { uri } = params;
    if (typeof uri !== "string") return { code: INVALID_PARAMS, message: "uri must be a string" };
    if (!offered({ resourceSubscriptions: [uri] }, capabilities ?? SUBSCRIBES).resourceSubscriptions)
      return { code: METHOD_NOT_FOUND, message: "the server offers no subscriptions to resources" };
    const wants = method === "resources/subscribe";
    if (wants) subscribed.add(uri);
    else subscribed.delete(uri);
    try {
      const honoured = await standing.adapt();
      if (!wants || honoured.resourceSubscriptions?.includes(uri)) return undefined;
      subscribed.delete(uri);
      const message = "the server tells of no changes of this resource";
      return { code: INVALID_PARAMS, message, data: { uri } };
    } catch (error) {
      if (wants) subscribed.delete(uri);
      return error instanceof SubscriptionRefused ? error.error : toRpcError(error);
    }
  }

  function setLevel(level: unknown): RpcError | undefined {
    if (isObject(capabilities) && !("logging" in capabilities))
      return { code: METHOD_NOT_FOUND, message: "the server does not log" };
    if (typeof level !== "string" || !LOG_LEVELS.includes(level))
      return { code: INVALID_PARAMS, message: `level must be one of ${LOG_LEVELS.join(", ")}` };
    logLevel = level;
    return undefined;
  }

  /** What a legacy server answers and a modern one does not know. */
  async function answerHere(message: RequestMessage): Promise<Answer | undefined> {
    const done = (error: RpcError | undefined) =>
      answered(error ? errorResponse(message.id, error) : resultResponse(message.id, {}));
    switch (message.method) {
      case "ping":
        return done(undefined);
      case "logging/setLevel":
        return done(setLevel(message.params.level));
      case "resources/subscribe":
      case "resources/unsubscribe":
        return done(await subscribe(message));
      default:
        return undefined;
    }
  }

  return {
    open,
    async request(call) {
      const here = await answerHere(call.message);
      if (here) return here;
      try {
        return await carry(call);
      } catch (error) {
        if (!(error instanceof InputRefused)) throw error;
        return answered(errorResponse(call.message.id, error.error));
      }
    },
    async notify(message) {
      if (message.method === "notifications/initialized") standing.start();
      if (LEGACY_ONLY.includes(message.method)) return;
      const params = withModernMeta(exactParams(message), client, undefined);
      await transport.notify(notification(message.method, params));
    },
    async respond(message) {
      if (message.id === null) return;
      const take = asked.get(message.id);
      asked.delete(message.id);
      take?.(message);
    },
    close(how) {
      standing.close();
      return transport.close(how);
    },
  };
}

/** The client would not give the input that the server asked for. */
class InputRefused extends Error {
  readonly error: RpcError;
  constructor(error: RpcError) {
    super("input refused");
    this.error = error;
  }
}

/** The error of a server whose discovered versions hold none that is known here. */
function unsupported(versions: unknown): RpcError | undefined {
  if (!Array.isArray(versions) || versions.some((version) => MODERN_VERSIONS.includes(version)))
    return undefined;
  return {
    code: UNSUPPORTED_VERSION,
    message: "unsupported protocol version",
    data: { supported: versions, requested: MODERN_VERSION },
  };
}

function toLegacy(message: NotificationMessage): NotificationMessage {
  const { _meta } = message.params;
  return isObject(_meta) && META_SUBSCRIPTION in _meta
    ? notification(message.method, untagged(exactParams(message)))
    : message;
}
