import { isObject, type JsonObject } from "../../json.ts";
import { invalidAnswer } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { backoffMs } from "../../timing/backoff.ts";
import { sleep } from "../../timing/sleep.ts";
import {
  errorResponse,
  exactParams,
  exactResult,
  type Id,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  type Message,
  notification,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { createListening, ListenRefused } from "../modern/listening.ts";
import { createModernServer } from "../modern/stateless-http.ts";
import { type ErrorAnswer, toRpcError } from "../protocol/answer.ts";
import { missingCapability } from "../protocol/capabilities.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { type Filter, listChanges, offered, untagged } from "../protocol/subscription-filter.ts";
import type { Deliver, Road } from "../protocol/transport.ts";
import {
  META_SUBSCRIPTION,
  MODERN_VERSION,
  MODERN_VERSIONS,
  UNSUPPORTED_VERSION,
  undiscovered,
} from "../protocol/versions.ts";
import { createOutputShapes } from "../translate/output-schema.ts";
import {
  type ClientIdentity,
  initializeResult,
  LOG_LEVELS,
  legacyError,
  legacyResult,
  withModernMeta,
} from "../translate/translate.ts";

/** Rounds of input that one request may ask for; a server that asks on and on is stopped. */
const MAX_ROUNDS = 32;

/** First wait before a request is made again for which the server wants no input, in ms. */
const AGAIN_MS = 100;

/** Notifications of a legacy client's that have no place in the modern era. */
const LEGACY_ONLY = [
  "notifications/initialized",
  "notifications/progress",
  "notifications/roots/list_changed",
];

/** A request under way: its id at the server changes with each round. */
interface Carried {
  wireId: Id;
  cancelled: AbortController;
}

/**
 * A legacy client with a modern server: the handshake is answered from `server/discover`, each request gets its
 * `_meta`, `input_required` becomes requests to the client, one `subscriptions/listen` carries the changes.
 */
export function createLegacyToModern(endpoint: Endpoint, deliver: Deliver): Road {
  const host = hostOf(endpoint.url);
  const server = createModernServer(endpoint);
  const shapes = createOutputShapes();
  const subscribed = new Set<string>();
  /** The client's answers to what we asked in the server's name. */
  const asked = new Map<Id, (answer: ResponseMessage) => void>();
  /** By the client's id. */
  const underWay = new Map<Id, Carried>();
  let client: ClientIdentity = { clientInfo: { name: "m2mcp", version: "0" }, capabilities: {} };
  /** The server's; undefined when the client skipped the handshake. */
  let capabilities: unknown;
  let logLevel: string | undefined;
  let serial = 0;

  const nextId = (what: string): Id => `m2mcp-${what}-${++serial}`;
  const modern = (id: Id, method: string, params: JsonObject) =>
    requestMessage(id, method, withModernMeta(params, client, logLevel));

  const listening = createListening({
    endpoint,
    wanted: (): Filter => ({
      ...listChanges(capabilities),
      ...(subscribed.size > 0 ? { resourceSubscriptions: [...subscribed] } : {}),
    }),
    request: (id, notifications, take) =>
      server.request(modern(id, "subscriptions/listen", { notifications }), take),
    cancel: server.cancel,
    deliver: (message) => deliver(toLegacy(message)),
  });

  async function initialize(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    client = { clientInfo: message.params.clientInfo, capabilities: message.params.capabilities };
    const id = nextId("discover");
    let answer: ResponseMessage | undefined;
    const failure = await server.request(modern(id, "server/discover", {}), async (read) => {
      if (read.kind === "response" && read.id === id) answer = read;
    });
    if (failure) return failure;
    if (answer?.error) return { status: 200, error: answer.error };
    const discovered = answer?.result ?? {};
    const error = undiscovered(discovered) ?? unsupported(discovered.supportedVersions);
    if (error) return { status: 200, error };
    capabilities = discovered.capabilities;
    await deliver(resultResponse(message.id, initializeResult(discovered, message.params.protocolVersion)));
    return undefined;
  }

  /** Carries one request through its rounds of input (MCP 2026-07-28 "Multi Round-Trip Requests"). */
  async function carry(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const way: Carried = { wireId: message.id, cancelled: new AbortController() };
    underWay.set(message.id, way);
    try {
      const given = exactParams(message);
      let params = given;
      for (let round = 0; round < MAX_ROUNDS; round++) {
        let required: JsonObject | undefined;
        const failure = await server.request(modern(way.wireId, message.method, params), async (read) => {
          if (read.kind === "response" && read.id === way.wireId) {
            if (read.result?.resultType === "input_required") required = exactResult(read);
            else await deliver(answerFor(message, read));
          } else await deliver(toLegacy(read));
        });
        if (failure?.error)
          return { ...failure, error: legacyError(failure.error, message.method, message.params) };
        if (failure || !required) return failure;
        // A server that wants nothing but to be asked again is given a little time.
        if (!required.inputRequests) await sleep(backoffMs(round + 1, AGAIN_MS), way.cancelled.signal);
        const inputResponses = await gather(required.inputRequests, way.cancelled.signal);
        // Only what the server gave last may be sent back, exactly as it was.
        params = {
          ...given,
          ...(inputResponses ? { inputResponses } : {}),
          ...("requestState" in required ? { requestState: required.requestState } : {}),
        };
        way.wireId = nextId("round");
      }
      throw invalidAnswer(host, `it asked for input more than ${MAX_ROUNDS} times`);
    } finally {
      underWay.delete(message.id);
    }
  }

  /** Asks the client for all inputs at once; an error of the client's ends the request with it. */
  async function gather(inputRequests: unknown, cancelled: AbortSignal): Promise<JsonObject | undefined> {
    cancelled.throwIfAborted();
    if (!isObject(inputRequests)) return undefined;
    const wanted = Object.entries(inputRequests).map(([key, input]) => {
      if (!isObject(input) || typeof input.method !== "string")
        throw invalidAnswer(host, "an input request without a method");
      const params = isObject(input.params) ? input.params : {};
      if (missingCapability(client.capabilities, input.method, params))
        throw invalidAnswer(host, `it asks for ${input.method}, which this client does not offer`);
      return { key, request: requestMessage(nextId("input"), input.method, legacyInput(params)) };
    });
    let giveUp: (reason: unknown) => void = () => {};
    const stopped = new Promise<never>((_resolve, reject) => {
      giveUp = reject;
    });
    stopped.catch(() => {});
    const onCancel = () => giveUp(cancelled.reason);
    cancelled.addEventListener("abort", onCancel, { once: true });
    try {
      const answers = wanted.map(async ({ key, request }) => {
        const answered = new Promise<ResponseMessage>((resolve) => asked.set(request.id, resolve));
        await deliver(request);
        const answer = await answered;
        if (answer.error) throw new InputRefused(answer.error);
        return [key, exactResult(answer)] as const;
      });
      return Object.fromEntries(await Promise.race([Promise.all(answers), stopped]));
    } finally {
      cancelled.removeEventListener("abort", onCancel);
      // What is still open is of no use any more.
      for (const { request } of wanted)
        if (asked.delete(request.id))
          await deliver(notification("notifications/cancelled", { requestId: request.id }));
    }
  }

  function answerFor(message: RequestMessage, answer: ResponseMessage): ResponseMessage {
    if (answer.error)
      return errorResponse(message.id, legacyError(answer.error, message.method, message.params));
    return resultResponse(message.id, shapes.legacy(message, legacyResult(exactResult(answer))));
  }

  async function subscribe(message: RequestMessage): Promise<RpcError | undefined> {
    const { uri } = message.params;
    if (typeof uri !== "string") return { code: INVALID_PARAMS, message: "uri must be a string" };
    if (!offered({ resourceSubscriptions: [uri] }, capabilities ?? SUBSCRIBES).resourceSubscriptions)
      return { code: METHOD_NOT_FOUND, message: "the server offers no subscriptions to resources" };
    const wants = message.method === "resources/subscribe";
    if (wants) subscribed.add(uri);
    else subscribed.delete(uri);
    try {
      const honoured = await listening.adapt();
      if (!wants || honoured.resourceSubscriptions?.includes(uri)) return undefined;
      subscribed.delete(uri);
      return {
        code: INVALID_PARAMS,
        message: "the server tells of no changes of this resource",
        data: { uri },
      };
    } catch (error) {
      if (wants) subscribed.delete(uri);
      return error instanceof ListenRefused ? error.error : toRpcError(error);
    }
  }

  /** What a legacy server answers and a modern one does not know; undefined for all else. */
  async function answerHere(message: RequestMessage): Promise<RpcError | "done" | undefined> {
    const { level } = message.params;
    switch (message.method) {
      case "ping":
        return "done";
      case "logging/setLevel":
        if (isObject(capabilities) && !("logging" in capabilities))
          return { code: METHOD_NOT_FOUND, message: "the server does not log" };
        if (typeof level !== "string" || !LOG_LEVELS.includes(level))
          return { code: INVALID_PARAMS, message: `level must be one of ${LOG_LEVELS.join(", ")}` };
        logLevel = level;
        return "done";
      case "resources/subscribe":
      case "resources/unsubscribe":
        return (await subscribe(message)) ?? "done";
    }
    return undefined;
  }

  return {
    async request(message) {
      if (message.method === "initialize") return initialize(message);
      const here = await answerHere(message);
      if (here) {
        await deliver(here === "done" ? resultResponse(message.id, {}) : errorResponse(message.id, here));
        return undefined;
      }
      try {
        return await carry(message);
      } catch (error) {
        if (!(error instanceof InputRefused)) throw error;
        await deliver(errorResponse(message.id, error.error));
        return undefined;
      }
    },
    async notify(message) {
      if (message.method === "notifications/initialized") listening.start();
      if (message.method === "notifications/cancelled") {
        const way = underWay.get(message.params.requestId as Id);
        way?.cancelled.abort();
        if (way) server.cancel(way.wireId);
      } else if (!LEGACY_ONLY.includes(message.method)) {
        const params = withModernMeta(exactParams(message), client, undefined);
        await server.notify(notification(message.method, params));
      }
    },
    async respond(message) {
      if (message.id === null) return;
      const take = asked.get(message.id);
      asked.delete(message.id);
      take?.(message);
    },
    async close() {
      listening.close();
      server.close();
    },
  };
}

/** What stands for the capabilities of a server that was not asked for them. */
const SUBSCRIBES = { resources: { subscribe: true } };

/** The client would not give the input that the server asked for. */
class InputRefused extends Error {
  readonly error: RpcError;
  constructor(error: RpcError) {
    super("input refused");
    this.error = error;
  }
}

/** Legacy clients tell elicitations by URL apart by an id, which modern servers do not give. */
const legacyInput = (params: JsonObject): JsonObject =>
  params.mode === "url" && params.elicitationId === undefined
    ? { ...params, elicitationId: crypto.randomUUID() }
    : params;

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

function toLegacy(message: Message): Message {
  if (message.kind !== "notification") return message;
  const { _meta } = message.params;
  return isObject(_meta) && META_SUBSCRIPTION in _meta
    ? notification(message.method, untagged(exactParams(message)))
    : message;
}
