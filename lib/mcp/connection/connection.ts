import { M2mcpError } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { sleep } from "../../timing/sleep.ts";
import {
  type Id,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { createHttpSseRoad } from "../legacy/http-sse.ts";
import { createLegacySession } from "../legacy/session.ts";
import { createModernRoad, discover } from "../modern/modern-road.ts";
import { type ErrorAnswer, rpcErrorOf, supportedVersions, toRpcError } from "../protocol/answer.ts";
import type { Endpoint, ServerEra } from "../protocol/endpoint.ts";
import { noCommonVersion } from "../protocol/errors.ts";
import { learned } from "../protocol/server-cache.ts";
import { changesIn, listChanges, tagged } from "../protocol/subscription-filter.ts";
import type { Deliver, Road } from "../protocol/transport.ts";
import {
  clientEra,
  erasAfterOpening,
  erasAfterRefusal,
  erasOf,
  isNoStream,
  LEGACY_VERSIONS,
  META_SUBSCRIPTION,
  MODERN_VERSIONS,
  UNSUPPORTED_VERSION,
  undiscovered,
} from "../protocol/versions.ts";
import { createLegacyToModern } from "./legacy-to-modern.ts";
import { createModernToLegacy } from "./modern-to-legacy.ts";

/** After eras were asked in vain, the time in which a refusal is no reason to ask again, in ms. */
const PATIENCE_MS = 60_000;

/** Notifications kept until the first request shows the way. */
const MAX_EARLY = 100;

const LISTEN = "subscriptions/listen";
const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

interface Way {
  era: ServerEra;
  road: Road;
  /** Whether the server has answered an opening in this era; else the era is remembered or assumed. */
  proven: boolean;
}

/** `answered`: the opener was the first request itself, and it has its answer. */
type Found = { way: Way; answered: boolean; result?: JsonObject } | { failure: ErrorAnswer };

/** What opens a way: the client's first request, or its handshake once more (`replay`), whose answer it knows. */
interface Opener {
  request: RequestMessage;
  replay: boolean;
}

/**
 * The road that suits both ends. The client's era is in its first request, the server's is remembered, pinned, or
 * shows in its answers. An era that turns out wrong, at the start or while the conversation runs, is replaced.
 */
export function createConversation(endpoint: Endpoint, toClient: Deliver): Road {
  let client: "legacy" | "modern" = "legacy";
  let way: Promise<Way> | undefined;
  /** The client's handshake, for a server that changes its era meanwhile. */
  let handshake: { initialize: RequestMessage; initialized?: NotificationMessage } | undefined;
  let closed = false;
  let patientUntilMs = 0;
  /** The request that is finding the way, and whether the client still wants its answer. */
  let finder: { id: Id; cancelled: boolean } | undefined;
  /** What a server of another era must be told again: the log level and the resources subscribed to. */
  const wishes = new Map<string, RequestMessage>();
  /** What the client told before its first request showed the way. */
  const early: NotificationMessage[] = [];
  /** Ways that the client itself has left: what is under way there may still be answered. */
  const left: Promise<Way>[] = [];
  const allowed = erasOf(endpoint.protocol);
  /** Subscriptions that the client knows to stand. */
  const acknowledged = new Set<unknown>();

  /** A subscription that another server goes on with stands already: the client hears what may have changed. */
  const deliver: Deliver = async (message, from) => {
    if (message.kind !== "notification" || message.method !== ACKNOWLEDGED) return toClient(message, from);
    const { notifications, _meta } = message.params;
    const id = isObject(_meta) ? _meta[META_SUBSCRIPTION] : undefined;
    if (!acknowledged.has(id)) {
      acknowledged.add(id);
      return toClient(message, from);
    }
    for (const { method, params } of changesIn(isObject(notifications) ? notifications : {}))
      await toClient(notification(method, tagged(params, id as Id)));
  };

  const roadFor = {
    legacy: {
      legacy: (to: Deliver): Road => createLegacySession(endpoint, to),
      modern: (to: Deliver): Road => createLegacyToModern(endpoint, to),
      sse: (to: Deliver): Road => createHttpSseRoad(endpoint, to),
    },
    modern: {
      legacy: (to: Deliver): Road =>
        createModernToLegacy(endpoint, to, (session) => createLegacySession(endpoint, session)),
      modern: (to: Deliver): Road => createModernRoad(endpoint, to),
      sse: (to: Deliver): Road =>
        createModernToLegacy(endpoint, to, (session) => createHttpSseRoad(endpoint, session)),
    },
  };

  /** Asks the server in one era. A refusal is held back, so that another era may be asked before the client hears. */
  async function attempt(
    era: ServerEra,
    { request: first, replay }: Opener,
    known: boolean,
  ): Promise<Found | { refusal: ErrorAnswer | M2mcpError }> {
    let refused: RpcError | undefined;
    let result: JsonObject | undefined;
    let to: Deliver = async (message, from) => {
      if (message.kind !== "response" || message.id !== first.id) return deliver(message, from);
      const agreed = message.result?.protocolVersion;
      if (message.error) refused = message.error;
      // A server that agrees to a version without a handshake speaks that one.
      else if (first.method === "initialize" && MODERN_VERSIONS.includes(String(agreed)))
        refused = {
          code: UNSUPPORTED_VERSION,
          message: `the server speaks ${agreed}`,
          data: { supported: [agreed] },
        };
      else if (first.method === "initialize" && insisted(endpoint.protocol, agreed))
        refused = toRpcError(noCommonVersion([endpoint.protocol ?? ""], [String(agreed)]));
      else if (first.method === "server/discover" && undiscovered(message.result))
        refused = undiscovered(message.result);
      else {
        result = message.result;
        if (!replay) await deliver(message, from);
      }
    };
    const road = roadFor[client][era]((message, from) => to(message, from));
    const probes = first.method === (client === "modern" ? "server/discover" : "initialize");
    // Of an unknown server a modern client's request tells too little; a question of our own is told apart.
    const asks = client === "modern" && era === "modern" && !known && !probes;
    let refusal: ErrorAnswer | undefined;
    try {
      if (road.open) refusal = await road.open(first);
      else if (probes) refusal = await road.request(pinned(first, endpoint.protocol));
      else if (asks) refusal = await discover(endpoint, first);
      if (refused) refusal = { status: 200, error: refused };
    } catch (error) {
      if (!isNoStream(era, error)) throw error;
      road.close().catch(() => {});
      return { refusal: error };
    }
    to = deliver;
    if (refusal) {
      road.close().catch(() => {});
      return { refusal };
    }
    const answered = probes && !road.open;
    const proven = road.open !== undefined || probes || asks;
    return { way: { era, road, proven }, answered, ...(result ? { result } : {}) };
  }

  /** Asks one era after the other until the server answers in one, and remembers it. */
  async function find(opener: Opener, queue: ServerEra[], known?: ServerEra): Promise<Found> {
    let first: ErrorAnswer | M2mcpError | undefined;
    for (const era of queue) {
      const tried = await attempt(era, opener, era === known);
      if (!("refusal" in tried)) {
        if ("way" in tried && tried.way.proven) await remember(era);
        return tried;
      }
      const { refusal } = tried;
      first ??= refusal;
      const next = erasAfterOpening(era, refusal);
      // A server that speaks the era has the last word.
      if (next.length === 0 && era !== "sse" && !(refusal instanceof M2mcpError)) return { failure: refusal };
      for (const other of next)
        if (!queue.includes(other) && allowed.includes(other)) {
          endpoint.log(`the server is not of the ${era} era: trying ${other}`);
          queue.push(other);
        }
    }
    if (first instanceof M2mcpError) throw first;
    return { failure: first ?? { status: 404 } };
  }

  async function remember(era: ServerEra): Promise<void> {
    // A pinned version says nothing of what the server would rather speak, but for its transport.
    if (endpoint.protocol !== undefined && era !== "sse") return;
    if ((await endpoint.memory.read())?.era === era) return;
    await endpoint.memory.change((old) => learned(old, { era }));
  }

  /** The first request finds the way; those that come meanwhile wait for it. */
  async function begin(first: RequestMessage): Promise<ErrorAnswer | undefined> {
    const finding = (async () => {
      const remembered = (await endpoint.memory.read())?.era;
      const known = remembered && allowed.includes(remembered) ? remembered : undefined;
      const plain = client === "legacy" && first.method !== "initialize";
      // A client that skips the handshake cannot be asked for it: the server is, in our own name.
      const start = plain && !known && allowed.includes("modern") ? await eraOf(first) : undefined;
      const era = start ?? known ?? (allowed.includes(client) ? client : (allowed[0] ?? client));
      return find(
        { request: first, replay: false },
        [era],
        known ?? (allowed.length === 1 ? era : undefined),
      );
    })();
    const mine = finding.then((found) => {
      if (!("way" in found)) throw new RefusedOpening(found.failure);
      for (const message of early.splice(0)) void found.way.road.notify(message);
      return found.way;
    });
    way = mine;
    // Those who wait get the same failure; nobody waiting is no fault.
    mine.catch(() => {
      if (way === mine) way = undefined;
    });
    const me = { id: first.id, cancelled: false };
    finder = me;
    const found = await finding.finally(() => {
      if (finder === me) finder = undefined;
    });
    if (!("way" in found)) return clearly(found.failure);
    return found.answered || me.cancelled ? undefined : request(first);
  }

  /** The era of a server whose client does not say: modern when it can be discovered. */
  async function eraOf(first: RequestMessage): Promise<ServerEra> {
    const refusal = await discover(endpoint, first);
    if (refusal) return "legacy";
    await remember("modern");
    return "modern";
  }

  async function request(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    if (way === undefined) return begin(message);
    const used = way;
    let taken: Way;
    try {
      taken = await used;
    } catch (error) {
      // Requests of the modern era stand for themselves, so each may ask anew; so does a handshake.
      const refused = error instanceof RefusedOpening && client === "modern";
      if (refused || message.method === "initialize") return request(message);
      throw error;
    }
    if (message.method === "initialize" && !taken.proven && client === "legacy") {
      if (way === used) way = undefined;
      return request(message);
    }
    let failure: ErrorAnswer | undefined;
    try {
      failure = await taken.road.request(message);
    } catch (error) {
      // A subscription goes on at the server of another era.
      if (message.method === LISTEN && way !== undefined && way !== used && !closed) return request(message);
      throw error;
    }
    if (!failure) return undefined;
    return (await turn(used, taken, message, failure)) ? request(message) : failure;
  }

  /** Whether, after a refusal that speaks of another era, another way was found. */
  async function turn(
    used: Promise<Way>,
    taken: Way,
    message: RequestMessage,
    failure: ErrorAnswer,
  ): Promise<boolean> {
    const suspects = erasAfterRefusal(taken.era, failure, message.method).filter((era) =>
      allowed.includes(era),
    );
    if (suspects.length === 0) return false;
    if (client === "legacy" && !handshake) return false;
    if (way === used) {
      if (performance.now() < patientUntilMs) return false;
      way = turnTo(taken, suspects, message);
    }
    const now = await way;
    return now !== undefined && now.road !== taken.road;
  }

  async function turnTo(taken: Way, suspects: ServerEra[], message: RequestMessage): Promise<Way> {
    endpoint.log(`the server no longer answers in the ${taken.era} era: asking anew`);
    const opener: Opener = handshake
      ? { request: again(handshake.initialize), replay: true }
      : { request: message, replay: false };
    // The era so far comes first: a server of both eras may have refused the request for its own sake.
    const found = await find(opener, [taken.era, ...suspects]).catch(() => undefined);
    if (!found || !("way" in found) || found.way.era === taken.era) {
      if (found && "way" in found) found.way.road.close().catch(() => {});
      patientUntilMs = performance.now() + PATIENCE_MS;
      return taken;
    }
    taken.road.close().catch(() => {});
    if (handshake?.initialized) void found.way.road.notify(handshake.initialized);
    void repeatWishes(found.way.road);
    // What the client knew of the server before may no longer hold.
    for (const { method } of changesIn(listChanges(found.result?.capabilities)))
      await deliver(notification(method));
    return found.way;
  }

  /** Tells a server of another era what the client wished of the one before. The answers reach nobody. */
  async function repeatWishes(road: Road): Promise<void> {
    for (const wish of wishes.values()) {
      const failure = await road.request(again(wish)).catch(() => ({ status: 0 }));
      if (failure) endpoint.log(`${wish.method} could not be repeated`);
    }
  }

  function rememberWish(message: RequestMessage): void {
    if (message.method === "logging/setLevel") wishes.set("level", message);
    else if (message.method === "resources/subscribe") wishes.set(`uri ${message.params.uri}`, message);
    else if (message.method === "resources/unsubscribe") wishes.delete(`uri ${message.params.uri}`);
  }

  /** A version error in words, for clients that show nothing else. */
  function clearly(failure: ErrorAnswer): ErrorAnswer {
    const { error } = failure;
    if (client === "modern" || error?.code !== UNSUPPORTED_VERSION) return failure;
    const ours = endpoint.protocol ? [endpoint.protocol] : [...MODERN_VERSIONS, ...LEGACY_VERSIONS];
    const { message } = noCommonVersion(ours, supportedVersions(error));
    return { ...failure, error: { ...error, message } };
  }

  return {
    async request(message) {
      // Before the handshake there is no session that a ping could be sent in (MCP 2025-11-25 "Initialization").
      if (way === undefined && message.method === "ping" && !handshake && clientEra(message) === "legacy") {
        await deliver(resultResponse(message.id, {}));
        return undefined;
      }
      // A client of both eras that found no version in common goes on as a legacy one.
      if (client === "modern" && message.method === "initialize" && way !== undefined) {
        left.push(way);
        way = undefined;
      }
      if (client === "legacy") rememberWish(message);
      if (way === undefined && message.method !== "ping") client = clientEra(message);
      if (message.method === "initialize" && client === "legacy") handshake = { initialize: message };
      if (message.method !== LISTEN) return request(message);
      return request(message).finally(() => acknowledged.delete(message.id));
    },
    async notify(message: NotificationMessage) {
      if (message.method === "notifications/initialized" && handshake) handshake.initialized = message;
      if (way === undefined && message.method !== "notifications/cancelled" && early.length < MAX_EARLY) {
        early.push(message);
        return;
      }
      if (finder && message.method === "notifications/cancelled" && finder.id === message.params.requestId) {
        // It has not been sent yet, or is itself the question that the server is asked.
        finder.cancelled = true;
        return;
      }
      // Awaited in the same way as by requests, so that the order of the lines is kept.
      let to: Way | undefined;
      try {
        to = await way;
      } catch {
        return;
      }
      await to?.road.notify(message);
    },
    async respond(message: ResponseMessage) {
      await way?.then(({ road }) => road.respond(message)).catch(() => {});
    },
    async close() {
      closed = true;
      const opened = way;
      // One that is still being opened ends with the process.
      for (const former of left) void former.then(({ road }) => road.close()).catch(() => {});
      await Promise.race([
        opened?.then(({ road }) => road.close()).catch(() => {}),
        opened ? sleep(1000) : undefined,
      ]);
    },
  };
}

/** The first request was refused, so those that waited for it cannot go out either. */
export class RefusedOpening extends Error {
  readonly answer: ErrorAnswer;
  constructor(answer: ErrorAnswer) {
    super("the server refused the first request");
    this.answer = answer;
  }
  toRpcError(url: string) {
    return rpcErrorOf(this.answer, url);
  }
}

/** Whether the server agreed to another version than the one that the user insists on. */
const insisted = (wanted: string | undefined, agreed: unknown): boolean =>
  wanted !== undefined && LEGACY_VERSIONS.includes(wanted) && typeof agreed === "string" && agreed !== wanted;

/** A legacy handshake asks for the version that the user pinned. */
function pinned(first: RequestMessage, version: string | undefined): RequestMessage {
  if (version === undefined || first.method !== "initialize" || !LEGACY_VERSIONS.includes(version))
    return first;
  if (first.params.protocolVersion === version) return first;
  return requestMessage(first.id, first.method, { ...first.params, protocolVersion: version });
}

/** The same request under an id of our own. */
const again = ({ method, params }: RequestMessage): RequestMessage =>
  requestMessage(`m2mcp-replay-${crypto.randomUUID()}`, method, params);
