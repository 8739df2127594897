// One client of the server, whoever asks: which era it is of, and what happens when that changes.
import { streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { quietly } from "../../timing/quietly.ts";
import { sleep } from "../../timing/sleep.ts";
import { createIds } from "../jsonrpc/id.ts";
import { type NotificationMessage, type RequestMessage, resultResponse } from "../jsonrpc/message.ts";
import { createSessionSettings } from "../legacy/session-settings.ts";
import { type Answer, answered } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import type { OwnIdentity } from "../protocol/meta.ts";
import { LISTEN } from "../protocol/subscription.ts";
import type { Call, OnMessage, Transport } from "../protocol/transport.ts";
import { clientEra, erasOf, isHandshake } from "../protocol/versions.ts";
import { connect, isEarlyPing, resume } from "./connect.ts";
import { type ConnectionContext, type SharedClient, transportNow } from "./connection-state.ts";
import { acknowledgedOnce } from "./for-client.ts";
import { sendConnected } from "./send-connected.ts";
import { createServerMemories, withSettled } from "./server-cache.ts";
import { outcomeFor } from "./waited.ts";

/** Notifications kept until the first request shows the era. */
const MAX_QUEUED = 100;
/** How long closing waits for the server, in ms. */
const CLOSE_MS = 1000;

/** An endpoint that stands for several servers: what connects with all of them, in the place of one connection. */
export interface Connecting {
  connect(options: ConnectionOptions): Transport;
}

export interface ConnectionOptions {
  endpoint: Endpoint & Partial<Connecting>;
  /** Takes what belongs to no request under way. */
  onMessage: OnMessage;
  /** Who asks, where the requests are our own: they are sent in the era of the server. Absent: a client's, passed on. */
  own?: OwnIdentity | undefined;
  /** The client may go on at another process, and may have come from one. */
  shared?: SharedClient;
}

/**
 * Connects a client with a server. The client's era is in its first request, the server's is remembered, pinned, or shows
 * in its answers. An era that turns out wrong, at the start or later, is replaced, and the client notices nothing.
 */
export function createConnection(options: ConnectionOptions): Transport {
  const { endpoint: given, onMessage, own, shared } = options;
  if (given.connect) return given.connect(options);
  const { guard, observe, ...bare } = given;
  const connect = (endpoint: Endpoint, heard: OnMessage) =>
    createConnection({ endpoint, onMessage: heard, own, ...(shared ? { shared } : {}) });
  if (observe) {
    const { onMessage: heard, over } = observe(onMessage, shared?.resumed?.handshake.initialize);
    const seen = connect(guard ? { ...bare, guard } : bare, heard);
    return seen.denial ? { ...over(seen), denial: seen.denial } : over(seen);
  }
  if (guard) return guard(onMessage, (heard) => connect(bare, heard));
  const { cache, settled } = withSettled(given.cache);
  const endpoint = { ...given, cache };
  const context: ConnectionContext = {
    endpoint,
    onMessage,
    own,
    shared,
    ids: createIds(),
    allowed: erasOf(endpoint.protocol),
    settings: shared?.settings ?? createSessionSettings(),
    queued: [],
    left: [],
    followed: new WeakSet(),
    memories: createServerMemories(endpoint),
    ended: new AbortController(),
    client: own ? "own" : "legacy",
    state: { kind: "unknown" },
    handshake: shared?.resumed?.handshake,
    cooldownUntilMs: 0,
  };
  if (shared?.resumed) resume(context, shared.resumed.session);
  return {
    request(call) {
      if (isEarlyPing(context, call.message))
        return Promise.resolve(answered(resultResponse(call.message.id, {})));
      note(context, call.message);
      return request(context, call.message.method === LISTEN ? acknowledgedOnce(call) : call);
    },
    notify: (message) => notify(context, message),
    async respond(message) {
      if (context.state.kind === "negotiating") await quietly(context.state.done);
      await transportNow(context)?.respond(message);
    },
    async close(how) {
      await close(context, how);
      await settled();
    },
  };
}

/** Learns the client's era from a request, and what a server must be told again. */
function note(context: ConnectionContext, message: RequestMessage): void {
  if (context.client === "own") return;
  // A client of both eras that found no version in common goes on as a legacy one; one that asks for it in the modern era stays.
  if (context.client === "modern" && isHandshake(message) && context.state.kind === "connected") {
    context.left.push(context.state.transport);
    context.state = { kind: "unknown" };
  }
  if (context.client === "legacy") context.settings.note(message);
  if (context.state.kind === "unknown" && message.method !== "ping") context.client = clientEra(message);
  if (message.method === "initialize" && context.client === "legacy")
    context.handshake = { initialize: message };
}

/** Sends a request in whatever state the connection is, and again where that has changed under it. */
function request(context: ConnectionContext, call: Call): Promise<Answer> {
  const { state } = context;
  if (state.kind !== "connected") return requestOnceReady(context, call);
  return sendConnected(context, state, call).then((answer) => answer ?? requestOnceReady(context, call));
}

async function requestOnceReady(context: ConnectionContext, call: Call): Promise<Answer> {
  for (;;) {
    // Its client may have waited in vain for an answer to a question of the modern era.
    if (context.client === "modern" && isHandshake(call.message)) note(context, call.message);
    const { state } = context;
    switch (state.kind) {
      case "connected": {
        const answer = await sendConnected(context, state, call);
        if (answer) return answer;
        break;
      }
      case "unknown": {
        const answer = await connect(context, call);
        if (answer) return answer;
        // It was given up while the server was asked.
        if (call.signal.aborted) throw call.signal.reason;
        break;
      }
      case "negotiating": {
        const refusal = await outcomeFor(context, call.message, state.done);
        if (refusal) return refusal;
        break;
      }
      case "switching":
        await state.done;
        break;
      case "closed":
        throw streamCut(hostOf(context.endpoint.url));
      default:
        // A state that is missing above would go round without end: it does not compile.
        state satisfies never;
    }
  }
}

async function notify(context: ConnectionContext, message: NotificationMessage): Promise<void> {
  const { handshake, queued } = context;
  if (message.method === "notifications/initialized" && handshake) handshake.initialized = message;
  if (context.state.kind === "unknown") {
    if (queued.length < MAX_QUEUED) queued.push(message);
    return;
  }
  // Awaited in the same way as by requests, so that the order of the lines is kept.
  if (context.state.kind === "negotiating" || context.state.kind === "switching")
    await quietly(context.state.done);
  if (context.state.kind === "connected") await context.state.transport.notify(message);
}

async function close(context: ConnectionContext, how: "end" | "leave"): Promise<void> {
  const transport = transportNow(context);
  context.state = { kind: "closed" };
  // One that is still being opened ends with the process.
  context.ended.abort();
  for (const former of context.left) void former.close(how);
  await Promise.race([transport?.close(how), sleep(CLOSE_MS)]);
  await context.memories.settled();
}
