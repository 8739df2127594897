// What modern clients send (MCP 2026-07-28 "Sending Messages"): each request stands for itself.
import type { IncomingMessage } from "node:http";
import type { JsonObject } from "../../../json.ts";
import { createConnection } from "../../../mcp/connection/connection.ts";
import { asString, type Text } from "../../../mcp/jsonrpc/bytes.ts";
import {
  exactParams,
  exactResult,
  INVALID_REQUEST,
  type Message,
  type RequestMessage,
  type ResponseMessage,
  request as requestMessage,
  resultResponse,
} from "../../../mcp/jsonrpc/message.ts";
import type { Unreadable } from "../../../mcp/jsonrpc/parse.ts";
import { META_CAPABILITIES, META_CLIENT, metaOf } from "../../../mcp/protocol/meta.ts";
import { onlyReads } from "../../../mcp/protocol/repeat-idempotent.ts";
import { LISTEN } from "../../../mcp/protocol/subscription.ts";
import { Cancellation } from "../../../mcp/protocol/transport.ts";
import { quietly } from "../../../timing/quietly.ts";
import { carry } from "../carry.ts";
import type { Carrier, Heard, ServeContext } from "../context.ts";
import type { Reply } from "../http/reply.ts";
import { FORWARDED, forward, placeOf } from "../peers.ts";
import { carriedIn, MOST_CARRIED } from "../seals.ts";
import { mismatch, statusOf } from "./mirrored.ts";
import { isTakenByHolder } from "./taken-by-holder.ts";

/** Takes one POST of a modern client's. */
export async function takeModernPost(
  context: ServeContext,
  incoming: IncomingMessage,
  body: Text,
  message: Message | Unreadable,
  reply: Reply,
): Promise<void> {
  if (message.kind === "unreadable") return reply.refuse(400, message.error, message.id);
  if (message.kind === "response")
    return reply.refuse(400, { code: INVALID_REQUEST, message: "this version has no answers of clients" });
  const known = await context.endpoint.cache.read();
  const taking = { incoming, body, reply, era: known?.era, lasts: false, isRepeatable: false };
  if (message.kind === "notification") {
    if (message.method !== "notifications/cancelled" && (await isTakenByHolder(context, taking))) return;
    // The core protocol has none over HTTP; those of extensions go on.
    if (message.method !== "notifications/cancelled")
      reply.outlasting.push(quietly(carrierFor(context, keyOf(message)).connection.notify(message)));
    return reply.whole(202);
  }
  const tool = message.method === "tools/call" ? String(message.params.name) : undefined;
  const wrong = mismatch(incoming.headers, message, (tool && known?.toolHeaders?.[tool]) || []);
  if (wrong) return reply.refuse(400, wrong, message.id);
  const state = context.seals.open("state", message.params.requestState);
  const place = state && placeOf(context, state);
  if (state && place === "elsewhere" && incoming.headers[FORWARDED] === undefined) {
    const to = { address: String(state.a), body: Buffer.from(asString(body)) };
    if (await forward(context, incoming, reply, to)) return;
  }
  const lasts = message.method === LISTEN;
  const isRepeatable = (lasts || onlyReads(message.method)) && state === undefined;
  if (place !== "here" && (await isTakenByHolder(context, { ...taking, lasts, isRepeatable }))) return;
  const key = state ? String(state.k) : keyOf(message);
  if (lasts) return listen(context, key, message, reply);
  const sent = state ? withState(message, state.q) : message;
  const from = state && place !== "here" ? carriedIn(state.c) : undefined;
  await answer(context, carrierFor(context, key), key, sent, reply, from);
}

async function answer(
  context: ServeContext,
  carrier: Carrier,
  key: string,
  message: RequestMessage,
  reply: Reply,
  from?: JsonObject,
): Promise<void> {
  const cancel = new AbortController();
  // Closing its stream cancels a request (MCP 2026-07-28 "Cancellation").
  const onGone = () => cancel.abort(new Cancellation());
  const forget = reply.whenGone(onGone);
  if (message.method !== LISTEN) carrier.replies.add(reply);
  const { response } = await carry(context, carrier, message, cancel, {
    onMessage: (heard) => tell(context, heard, reply),
    ...(from ? { continued: { from } } : {}),
  });
  forget();
  carrier.replies.delete(reply);
  const told = carrier.side?.isHeldHere ? sealedState(context, key, response) : response;
  await reply.answer(told.text, statusOf(told.error));
}

/**
 * At a modern server a subscription has a connection of its own, so that there may be many; at a legacy one it belongs to
 * the session of the calls.
 */
async function listen(
  context: ServeContext,
  key: string,
  message: RequestMessage,
  reply: Reply,
): Promise<void> {
  const shared = carrierFor(context, key);
  const carrier = shared.side?.era === "modern" ? createCarrier(context) : shared;
  const end = () => reply.endStream();
  context.endings.add(end);
  await answer(context, carrier, "", message, reply);
  context.endings.delete(end);
  if (carrier !== shared) await carrier.connection.close("end");
}

async function tell(context: ServeContext, heard: Heard, reply: Reply): Promise<void> {
  if (heard.kind === "request") return;
  if (heard.method.endsWith("/list_changed")) context.onListChanged(heard.method);
  await reply.event(heard.text);
  context.onMessageDone(heard.text.length);
}

/** Clients that say the same of themselves share a connection: a legacy server is told once who asks. */
const keyOf = (message: Exclude<Message, ResponseMessage>): string => {
  const meta = metaOf(message);
  return JSON.stringify([meta[META_CLIENT], meta[META_CAPABILITIES]]);
};

function carrierFor(context: ServeContext, key: string): Carrier {
  const known = context.carriers.get(key);
  if (known) return known;
  const carrier = createCarrier(context);
  context.carriers.set(key, carrier);
  return carrier;
}

function createCarrier(context: ServeContext): Carrier {
  const replies = new Set<Reply>();
  const carrier: Omit<Carrier, "connection"> = {
    side: undefined,
    underWay: 0,
    lastUsedMs: performance.now(),
    replies,
  };
  const connection = createConnection({
    endpoint: context.endpoint,
    // What names no request can only be told beside one: the only one that there is.
    async onMessage(message) {
      const [only, another] = replies;
      if (only && !another && message.kind === "notification") await tell(context, message, only);
    },
    shared: {
      onSide(side) {
        carrier.side = side;
      },
    },
  });
  return Object.assign(carrier, { connection });
}

/**
 * What the retry has to bring back leads to this process, which holds the request at the server, and bears what another one
 * needs to go on.
 */
function sealedState({ seals, self }: ServeContext, key: string, response: ResponseMessage): ResponseMessage {
  if (response.result?.resultType !== "input_required" || response.id === null) return response;
  const result = exactResult(response);
  if (typeof result.requestState !== "string") return response;
  const c = response.continuation && JSON.stringify(response.continuation);
  const value = {
    a: self.address,
    i: self.instance,
    k: key,
    q: result.requestState,
    ...(c !== undefined && c.length < MOST_CARRIED ? { c } : {}),
  };
  return resultResponse(response.id, { ...result, requestState: seals.seal("state", value) });
}

const withState = (message: RequestMessage, requestState: unknown): RequestMessage =>
  requestMessage(message.id, message.method, { ...exactParams(message), requestState });
