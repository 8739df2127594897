import { streamCut, tookTooLong } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { deadlineMs } from "../../timing/deadline.ts";
import { sleep } from "../../timing/sleep.ts";
import { createIds } from "../jsonrpc/id.ts";
import {
  exactParams,
  type NotificationMessage,
  type RequestMessage,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { tellChanges } from "../legacy/restore.ts";
import { createSessionSettings } from "../legacy/session-settings.ts";
import { createStatelessHttp } from "../modern/stateless-http.ts";
import type { EraTransport } from "../pairs/era-transport.ts";
import { type ClientEra, transportFor } from "../pairs/pair.ts";
import { discover } from "../pairs/same-era.ts";
import { type Answer, answered, type Refused } from "../protocol/answer.ts";
import type { Endpoint, ServerEra, ServerMemory } from "../protocol/endpoint.ts";
import { serverSilent } from "../protocol/errors.ts";
import type { ClientIdentity } from "../protocol/meta.ts";
import { LISTEN } from "../protocol/subscription.ts";
import type { Call, OnMessage, Transport } from "../protocol/transport.ts";
import { judge } from "../protocol/verdict.ts";
import { clientEra, erasOf } from "../protocol/versions.ts";
import { acknowledgedOnce, inOurWords } from "./for-client.ts";
import { type Connected, type Negotiated, negotiate } from "./negotiate.ts";
import { learned } from "./server-cache.ts";

/** After eras were asked in vain, the time in which a refusal is no reason to ask again, in ms. */
const COOLDOWN_MS = 60_000;
/** Notifications kept until the first request shows the era. */
const MAX_QUEUED = 100;
/** How long closing waits for the server, in ms. */
const CLOSE_MS = 1000;

/** What is known of the server. */
type ConnectionState =
  | { kind: "unknown" }
  /** The first request asks it; those that come meanwhile wait. */
  | { kind: "negotiating"; done: Promise<Negotiated> }
  | ({ kind: "connected" } & Connected)
  /** A refusal spoke of another era: the server is asked anew. Resolves with what holds then. */
  | { kind: "switching"; from: Connected; done: Promise<void> }
  | { kind: "closed" };

export interface ConnectionOptions {
  endpoint: Endpoint;
  /** Takes what belongs to no request under way. */
  onMessage: OnMessage;
  /** Who asks, where the requests are our own: they are sent in the era of the server. Absent: a client's, passed on. */
  own?: ClientIdentity;
}

/** The transport that suits both ends, whatever their eras. */
export type Connection = Transport;

/**
 * Connects a client with a server. The client's era is in its first request, the server's is remembered, pinned, or shows
 * in its answers. An era that turns out wrong, at the start or later, is replaced, and the client notices nothing.
 */
export function createConnection({ endpoint, onMessage, own }: ConnectionOptions): Connection {
  const host = hostOf(endpoint.url);
  const ids = createIds();
  const ended = new AbortController();
  const allowed = erasOf(endpoint.protocol);
  /** What a server of another era must be told again. */
  const settings = createSessionSettings();
  const queued: NotificationMessage[] = [];
  /** Transports that the client itself has left: what is under way there may still be answered. */
  const left: EraTransport[] = [];
  let client: ClientEra = own ? "own" : "legacy";
  let state: ConnectionState = { kind: "unknown" };
  /** The client's handshake, for a server that changes its era meanwhile. */
  let handshake: { initialize: RequestMessage; initialized?: NotificationMessage } | undefined;
  let cooldownUntilMs = 0;
  let remembered: Promise<ServerMemory | undefined> | undefined;
  let writing: Promise<void> = Promise.resolve();

  const recall = () => {
    remembered ??= endpoint.cache.read();
    return remembered;
  };

  /** In the background: nobody waits for what only later runs need. */
  function remember(news: ServerMemory): void {
    // A pinned version says nothing of what the server would rather speak, but for its transport.
    if (endpoint.protocol !== undefined && news.era !== "sse" && client !== "own") return;
    writing = writing.then(async () => {
      const old = await recall();
      if (news.session === undefined && old?.era === news.era) return;
      remembered = Promise.resolve(learned(old ?? {}, news));
      await endpoint.cache.change((before) => learned(before, news));
    });
  }

  const transportOf = (resumed: ServerMemory["session"]) => (era: ServerEra) =>
    transportFor(client, era, {
      endpoint,
      ids,
      onMessage,
      client: own ?? { clientInfo: undefined, capabilities: {} },
      resumed,
      onOpened: (opened, session, protocolVersion) =>
        remember({ era: opened, protocolVersion, ...(session ? { session } : {}) }),
    });

  /** The first exchange has a limit of its own: hosts do not wait long for it. */
  async function withinLimit<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ownMs = endpoint.connectTimeoutMs;
    const limitMs = ownMs ?? deadlineMs(endpoint.timeoutMs);
    const failure = () => (ownMs === undefined ? tookTooLong(host, limitMs) : serverSilent(host, limitMs));
    const over = new AbortController();
    const onEnd = () => over.abort(streamCut(host));
    const timer = setTimeout(() => over.abort(failure()), limitMs);
    ended.signal.addEventListener("abort", onEnd, { once: true });
    try {
      return await work(over.signal);
    } finally {
      clearTimeout(timer);
      ended.signal.removeEventListener("abort", onEnd);
    }
  }

  /** The first request asks the server; those that come meanwhile wait for it. */
  async function begin(call: Call): Promise<Answer | undefined> {
    const done = withinLimit(async (signal) => {
      const memory = await recall();
      const { era, known, resumed } = await firstEra(call.message, signal, memory);
      const first = { ...call, signal };
      const transports = transportOf(resumed);
      return negotiate(first, {
        eras: [era],
        allowed,
        known,
        transportOf: transports,
        guesses: client === "own",
        log: endpoint.log,
      });
    });
    const mine = { kind: "negotiating", done } as const;
    state = mine;
    let found: Negotiated;
    try {
      found = await done;
    } catch (error) {
      if (state === mine) state = { kind: "unknown" };
      throw error;
    }
    if (found.kind === "refused") {
      if (state === mine) state = { kind: "unknown" };
      return inOurWords(client, endpoint.protocol, found);
    }
    const { connected, answer } = found;
    if (connected.proven) remember({ era: connected.era });
    if (state === mine) state = { kind: "connected", ...connected };
    for (const message of queued.splice(0)) void connected.transport.notify(message);
    return answer;
  }

  /** The era to ask first, and what is known of it. */
  async function firstEra(first: RequestMessage, signal: AbortSignal, memory: ServerMemory | undefined) {
    const known = memory?.era && allowed.includes(memory.era) ? memory.era : undefined;
    const [only] = allowed.length === 1 || (own && endpoint.protocol !== undefined) ? allowed : [];
    const isPlain = client === "legacy" && first.method !== "initialize";
    // A client that skips the handshake cannot be asked for it: the server is, in our own name.
    const start =
      isPlain && !known && allowed.includes("modern") ? await discovered(first, signal) : undefined;
    const preferred = client === "own" ? "modern" : client;
    const era = start ?? known ?? (allowed.includes(preferred) ? preferred : (allowed[0] ?? preferred));
    return { era, known: known ?? only, resumed: resumable(memory) };
  }

  /** The session of an earlier command, in the version that is wanted now. */
  const resumable = (memory: ServerMemory | undefined) =>
    memory?.era === "legacy" &&
    (endpoint.protocol === undefined || memory.session?.protocolVersion === endpoint.protocol)
      ? memory.session
      : undefined;

  async function discovered(message: RequestMessage, signal: AbortSignal): Promise<ServerEra> {
    const transport = createStatelessHttp(endpoint, ids);
    const opened = await discover(transport, ids, { message, signal, onMessage: async () => {} });
    if (opened.kind === "refused") return "legacy";
    remember({ era: "modern" });
    return "modern";
  }

  async function carry(call: Call): Promise<Answer> {
    for (;;) {
      const seen = state;
      switch (seen.kind) {
        case "closed":
          throw streamCut(host);
        case "unknown": {
          const answer = await begin(call);
          if (answer) return answer;
          // It was given up while the server was asked.
          if (call.signal.aborted) throw call.signal.reason;
          break;
        }
        case "negotiating": {
          const refusal = await outcomeFor(call, seen.done);
          if (refusal) return refusal;
          break;
        }
        case "switching":
          await seen.done;
          break;
        case "connected": {
          const isFirstHandshake = call.message.method === "initialize" && !seen.proven;
          if (isFirstHandshake && client === "legacy") {
            state = { kind: "unknown" };
            break;
          }
          const answer = await attempt(seen, call);
          if (answer) return answer;
        }
      }
    }
  }

  /** What a negotiation means to a request that waited for it: nothing where it may go on. */
  async function outcomeFor(call: Call, done: Promise<Negotiated>): Promise<Refused | undefined> {
    const outcome = await done.catch((error: unknown) => {
      // A handshake asks anew.
      if (call.message.method === "initialize") return undefined;
      throw error;
    });
    if (outcome?.kind !== "refused") return undefined;
    // Requests of the modern era stand for themselves, so each may ask anew; so does a handshake.
    return client === "legacy" && call.message.method !== "initialize" ? outcome : undefined;
  }

  /** Sends a request where the server is connected; nothing where it must be sent anew. */
  async function attempt(
    used: ConnectionState & { kind: "connected" },
    call: Call,
  ): Promise<Answer | undefined> {
    let answer: Answer;
    try {
      answer = await used.transport.request(call);
    } catch (error) {
      // A subscription goes on at the server of another era.
      const isReplaced = state.kind === "switching" || (state.kind === "connected" && state !== used);
      if (call.message.method === LISTEN && isReplaced && !call.signal.aborted) return undefined;
      throw error;
    }
    const suspects = suspectsAfter(used, call.message, answer);
    if (suspects.length > 0 && (await switchEra(used, suspects, call))) return undefined;
    if (client === "own") used.proven = true;
    return answer;
  }

  /** The eras to ask anew after a refusal, the one so far first: it may have refused the request for its own sake. */
  function suspectsAfter(used: Connected, { method }: RequestMessage, answer: Answer): readonly ServerEra[] {
    const isRemembered = client === "own" && used.era === "legacy" && !used.proven;
    const verdict = judge(
      { era: used.era, method, proven: true, inSession: isRemembered, remembered: isRemembered },
      answer,
    );
    if (verdict.kind === "session_lost") return [used.era];
    if (verdict.kind !== "other_era" || answer.kind !== "refused") return [];
    const others = verdict.eras.filter((era) => allowed.includes(era));
    return others.length > 0 ? [used.era, ...others] : [];
  }

  /** Whether another transport was found after a refusal that speaks of another era, or of a session long gone. */
  async function switchEra(
    used: ConnectionState & { kind: "connected" },
    eras: readonly ServerEra[],
    call: Call,
  ): Promise<boolean> {
    if (client === "legacy" && !handshake) return false;
    if (state === used) {
      if (performance.now() < cooldownUntilMs) return false;
      const done = withinLimit((signal) => replace(used, eras, { ...call, signal }));
      state = { kind: "switching", from: used, done: done.then(() => {}) };
    }
    if (state.kind === "switching") await state.done;
    return state.kind === "connected" && state.transport !== used.transport;
  }

  async function replace(
    used: ConnectionState & { kind: "connected" },
    eras: readonly ServerEra[],
    call: Call,
  ): Promise<void> {
    endpoint.log(`the server no longer answers in the ${used.era} era: asking anew`);
    const first = handshake ? { ...call, message: again(handshake.initialize) } : call;
    const found = await negotiate(first, {
      eras,
      allowed,
      known: undefined,
      transportOf: transportOf(undefined),
      guesses: client === "own",
      log: endpoint.log,
    }).catch(() => undefined);
    if (state.kind !== "switching" || state.from !== used) return;
    const isNew = found?.kind === "connected" && (found.connected.era !== used.era || client === "own");
    if (found?.kind !== "connected" || !isNew) {
      if (found?.kind === "connected") void found.connected.transport.close("end");
      cooldownUntilMs = performance.now() + COOLDOWN_MS;
      state = used;
      return;
    }
    void used.transport.close(client === "own" ? "leave" : "end");
    const { connected, initialized } = found;
    if (connected.proven) remember({ era: connected.era });
    state = { kind: "connected", ...connected };
    if (!handshake) return;
    if (handshake.initialized) void connected.transport.notify(handshake.initialized);
    void repeatSettings(connected.transport);
    // What the client knew of the server before may no longer hold.
    await tellChanges(initialized?.initialized ?? {}, onMessage);
  }

  /** Tells a server of another era what the client set at the one before. The answers reach nobody. */
  async function repeatSettings(transport: Transport): Promise<void> {
    for (const setting of settings.all()) {
      const ask = { message: again(setting), signal: ended.signal, onMessage };
      const answer = await transport.request(ask).catch(() => undefined);
      if (answer?.kind !== "response") endpoint.log(`${setting.method} could not be repeated`);
    }
  }

  /** The same request under an id of our own. */
  const again = (message: RequestMessage): RequestMessage =>
    requestMessage(ids.next(), message.method, exactParams(message));

  /** Learns the client's era from a request, and what a server must be told again. */
  function note(message: RequestMessage): void {
    if (client === "own") return;
    // A client of both eras that found no version in common goes on as a legacy one.
    if (client === "modern" && message.method === "initialize" && state.kind === "connected") {
      left.push(state.transport);
      state = { kind: "unknown" };
    }
    if (client === "legacy") settings.note(message);
    if (state.kind === "unknown" && message.method !== "ping") client = clientEra(message);
    if (message.method === "initialize" && client === "legacy") handshake = { initialize: message };
  }

  return {
    async request(call) {
      const { message } = call;
      // Before the handshake there is no session that a ping could be sent in (MCP 2025-11-25 "Initialization").
      const isEarly = state.kind === "unknown" && message.method === "ping" && !handshake && client !== "own";
      if (isEarly && clientEra(message) === "legacy") return answered(resultResponse(message.id, {}));
      note(message);
      return carry(message.method === LISTEN ? acknowledgedOnce(call) : call);
    },

    async notify(message) {
      if (message.method === "notifications/initialized" && handshake) handshake.initialized = message;
      if (state.kind === "unknown") {
        if (queued.length < MAX_QUEUED) queued.push(message);
        return;
      }
      // Awaited in the same way as by requests, so that the order of the lines is kept.
      if (state.kind === "negotiating" || state.kind === "switching") await quietly(state.done);
      if (state.kind === "connected") await state.transport.notify(message);
    },

    async respond(message) {
      if (state.kind === "negotiating") await quietly(state.done);
      const to = state.kind === "switching" ? state.from : state;
      if ("transport" in to) await to.transport.respond(message);
    },

    async close(how) {
      const last = state;
      state = { kind: "closed" };
      // One that is still being opened ends with the process.
      ended.abort();
      for (const former of left) void former.close(how);
      const transport =
        last.kind === "connected"
          ? last.transport
          : last.kind === "switching"
            ? last.from.transport
            : undefined;
      const work = Promise.all([transport?.close(how), writing.catch(() => {})]);
      await Promise.race([work, sleep(CLOSE_MS)]);
    },
  };
}

const quietly = (work: Promise<unknown>): Promise<void> =>
  work.then(
    () => {},
    () => {},
  );
