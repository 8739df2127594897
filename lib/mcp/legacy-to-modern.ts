import { invalidAnswer, M2mcpError } from "../errors.ts";
import type { ErrorAnswer } from "./answers.ts";
import { backoffMs } from "./backoff.ts";
import { hostOf, sleep } from "./http.ts";
import {
  errorResponse,
  type Id,
  isObject,
  type JsonObject,
  type Message,
  notification,
  type RequestMessage,
  type ResponseMessage,
  request as requestMessage,
  resultResponse,
} from "./messages.ts";
import { createModernServer } from "./modern.ts";
import type { Deliver, Road } from "./road.ts";
import {
  type ClientIdentity,
  type Filter,
  initializeResult,
  legacyResult,
  listChanges,
  untagged,
  withModernMeta,
} from "./translate.ts";
import type { Endpoint } from "./types.ts";

/** Rounds of input that one request may ask for; a server that asks on and on is stopped. */
const MAX_ROUNDS = 32;
/** A stream that lasted this long was no failure, in ms. */
const LASTED_MS = 5000;

/**
 * A legacy client with a modern server: the handshake is answered from `server/discover`, each request gets its
 * `_meta`, `input_required` becomes requests to the client, one `subscriptions/listen` carries the changes.
 */
export function createLegacyToModern(endpoint: Endpoint, deliver: Deliver): Road {
  const server = createModernServer(endpoint);
  const ended = new AbortController();
  const subscribed = new Set<string>();
  /** The client's answers to what we asked in the server's name. */
  const asked = new Map<Id, (answer: ResponseMessage) => void>();
  /** Requests under way, by the client's id: the id they have at the server changes with each round. */
  const underWay = new Map<Id, { wireId: Id; cancelled: boolean }>();
  let client: ClientIdentity = { clientInfo: { name: "m2mcp", version: "0" }, capabilities: {} };
  let capabilities: unknown = {};
  let logLevel: string | undefined;
  let listening: { id: Id; restart: boolean } | undefined;
  let serial = 0;

  const nextId = (what: string): Id => `m2mcp-${what}-${++serial}`;
  const modern = (id: Id, method: string, params: JsonObject) =>
    requestMessage(id, method, withModernMeta(params, client, logLevel));

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
    capabilities = discovered.capabilities;
    await deliver(resultResponse(message.id, initializeResult(discovered, message.params.protocolVersion)));
    return undefined;
  }

  /** Carries one request through its rounds of input (MCP 2026-07-28 "Multi Round-Trip Requests"). */
  async function carry(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const way = { wireId: message.id, cancelled: false };
    underWay.set(message.id, way);
    try {
      let params = message.params;
      for (let round = 0; round < MAX_ROUNDS; round++) {
        let required: JsonObject | undefined;
        const failure = await server.request(modern(way.wireId, message.method, params), async (read) => {
          if (read.kind === "response" && read.id === way.wireId) {
            if (read.result?.resultType === "input_required") required = read.result;
            else await deliver(toLegacyAnswer(read, message.id));
          } else await deliver(toLegacy(read));
        });
        if (failure || !required) return failure;
        if (way.cancelled) return undefined;
        const inputResponses = await gather(required.inputRequests);
        // Only what the server gave last may be sent back, exactly as it was.
        params = {
          ...message.params,
          ...(inputResponses ? { inputResponses } : {}),
          ...("requestState" in required ? { requestState: required.requestState } : {}),
        };
        way.wireId = nextId("round");
      }
      throw invalidAnswer(hostOf(endpoint.url), `it asked for input more than ${MAX_ROUNDS} times`);
    } finally {
      underWay.delete(message.id);
    }
  }

  /** Asks the client for all inputs at once; an error of the client's ends the request with it. */
  async function gather(inputRequests: unknown): Promise<JsonObject | undefined> {
    if (!isObject(inputRequests)) return undefined;
    const answers = Object.entries(inputRequests).map(async ([key, wanted]) => {
      if (!isObject(wanted) || typeof wanted.method !== "string")
        throw invalidAnswer(hostOf(endpoint.url), "an input request without a method");
      const id = nextId("input");
      const answered = new Promise<ResponseMessage>((resolve) => asked.set(id, resolve));
      await deliver(requestMessage(id, wanted.method, isObject(wanted.params) ? wanted.params : {}));
      const answer = await answered;
      if (answer.error) throw new InputRefused(answer);
      return [key, answer.result ?? {}] as const;
    });
    return Object.fromEntries(await Promise.all(answers));
  }

  const wantedChanges = (): Filter => ({
    ...listChanges(capabilities),
    ...(subscribed.size > 0 ? { resourceSubscriptions: [...subscribed] } : {}),
  });

  /** Starts the subscription, or starts it anew after what is wanted has changed. Resolves once acknowledged. */
  function listen(): Promise<void> {
    if (listening) {
      listening.restart = true;
      server.cancel(listening.id);
    }
    if (Object.keys(wantedChanges()).length === 0) {
      listening = undefined;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      void keepListening(resolve)
        .catch(() => {})
        .finally(resolve);
    });
  }

  async function keepListening(acknowledged: () => void): Promise<void> {
    const mine: { id: Id; restart: boolean } = { id: nextId("listen"), restart: false };
    listening = mine;
    for (let failures = 0; !mine.restart && !ended.signal.aborted; ) {
      const startedMs = performance.now();
      try {
        const failure = await server.request(
          modern(mine.id, "subscriptions/listen", { notifications: wantedChanges() }),
          async (read) => {
            if (read.kind !== "notification") return;
            if (read.method === "notifications/subscriptions/acknowledged") return acknowledged();
            failures = 0;
            await deliver(toLegacy(read));
          },
        );
        if (failure) {
          endpoint.log(`subscriptions/listen was refused with HTTP status ${failure.status}`);
          return;
        }
      } catch (error) {
        if (mine.restart || !(error instanceof M2mcpError) || error.exitCode !== 3) return;
      }
      failures = performance.now() - startedMs > LASTED_MS ? 1 : failures + 1;
      await sleep(backoffMs(failures, 1000), ended.signal);
    }
  }

  return {
    async request(message) {
      const { uri, level } = message.params;
      switch (message.method) {
        case "initialize":
          return initialize(message);
        case "ping":
          await deliver(resultResponse(message.id, {}));
          return undefined;
        case "logging/setLevel":
          if (typeof level === "string") logLevel = level;
          await deliver(resultResponse(message.id, {}));
          return undefined;
        case "resources/subscribe":
        case "resources/unsubscribe":
          if (typeof uri === "string") {
            if (message.method === "resources/subscribe") subscribed.add(uri);
            else subscribed.delete(uri);
            await listen();
          }
          await deliver(resultResponse(message.id, {}));
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
      if (message.method === "notifications/initialized") void listen();
      if (message.method !== "notifications/cancelled") return;
      const way = underWay.get(message.params.requestId as Id);
      if (!way) return;
      way.cancelled = true;
      server.cancel(way.wireId);
    },
    async respond(message) {
      if (message.id === null) return;
      asked.get(message.id)?.(message);
      asked.delete(message.id);
    },
    async close() {
      ended.abort();
      server.close();
    },
  };
}

/** The client would not give the input that the server asked for. */
class InputRefused extends Error {
  readonly error: { code: number; message: string; data?: unknown };
  constructor(answer: ResponseMessage) {
    super("input refused");
    this.error = answer.error ?? { code: -32603, message: "input refused" };
  }
}

function toLegacyAnswer(answer: ResponseMessage, id: Id): ResponseMessage {
  if (answer.error) return errorResponse(id, answer.error);
  return resultResponse(id, legacyResult(answer.result ?? {}));
}

const toLegacy = (message: Message): Message =>
  message.kind === "notification" ? notification(message.method, untagged(message.params)) : message;
