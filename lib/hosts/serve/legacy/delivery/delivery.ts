// Where what belongs to one request of a legacy client's goes: to its client, which may come back for it by the event ids
// of its stream (MCP 2025-11-25 "Resumability and Redelivery").
import type { Text } from "../../../../mcp/jsonrpc/bytes.ts";
import type { Id } from "../../../../mcp/jsonrpc/id.ts";
import type { Heard, HostedSession, ServeContext } from "../../context.ts";
import { type Reply, untilGone } from "../../http/reply.ts";
import { sealPlace } from "./place.ts";

/** Questions that wait for a client to come back, of one request. */
const MOST_KEPT = 16;

export interface Delivery {
  /** Of the client's request. */
  readonly id: Id;
  /** Its client's; absent where that has not come here yet. */
  reply: Reply | undefined;
  /** Whose event ids its stream has: where the server has some, ours would lead nowhere. */
  ids: "none" | "ours" | "server";
  /** Where the server's stream can be resumed, where the client is not told so but by ids of ours. */
  serversId: string | undefined;
  /** Whether the client has an id of ours, so that it may come back. */
  canReturn: boolean;
  /** Whether an open question bears all that another process needs to go on. */
  waits: boolean;
  /** What waits for the client. */
  readonly kept: Text[];
  answer: Text | undefined;
}

export const createDelivery = (id: Id, reply: Reply | undefined, ids: "none" | "ours"): Delivery => ({
  id,
  reply,
  ids,
  serversId: undefined,
  canReturn: ids === "ours" && reply === undefined,
  waits: false,
  kept: [],
  answer: undefined,
});

/** Nothing is left of it; under its id there may be another one, which stays. */
export function forgetDelivery({ deliveries }: HostedSession, delivery: Delivery): void {
  if (deliveries.get(delivery.id) === delivery) deliveries.delete(delivery.id);
}

/** Whether its client reads. */
export const isLive = ({ reply }: Delivery): boolean => reply !== undefined && !reply.isGone;

/** Tells the client something that comes before its answer; a question whose client may come back waits for that. */
export async function deliver(
  context: ServeContext,
  session: HostedSession,
  delivery: Delivery,
  message: Heard,
): Promise<void> {
  const { reply, kept } = delivery;
  if (!reply || reply.isGone) {
    if (message.kind === "request" && kept.length < MOST_KEPT) kept.push(message.text);
    return;
  }
  if (message.kind === "request" || !reply.isBegun || delivery.serversId !== undefined)
    await markPlace(context, session, delivery, false);
  await reply.event(message.text);
}

/**
 * The server says itself where its stream can be resumed, by any process.
 *
 * @param isHidden what is resumed would come back as it is: only ids of ours lead there, as far as that does not matter
 */
export function noteServersPlace(
  delivery: Delivery,
  isHidden: boolean,
  ...place: Parameters<Reply["eventId"]>
): Promise<void> | undefined {
  if (isHidden) [delivery.serversId] = place;
  if (isHidden || !delivery.reply) return undefined;
  delivery.ids = "server";
  return delivery.reply.eventId(...place);
}

/** Tells the client where it is by now: with the next event, or alone. */
export async function markPlace(
  context: ServeContext,
  session: HostedSession,
  delivery: Delivery,
  isAlone: boolean,
): Promise<void> {
  if (delivery.ids !== "ours" || !delivery.reply || delivery.reply.isGone) return;
  delivery.canReturn = true;
  await delivery.reply.eventId(sealPlace(context, session, delivery), isAlone);
}

/** Lets clients go whose answers any process can go on with: they come back elsewhere. */
export async function leaveWaiting(context: ServeContext): Promise<void> {
  for (const entry of context.sessions.values()) {
    const session = await entry.catch(() => undefined);
    for (const delivery of session?.deliveries.values() ?? [])
      if (session && delivery.waits && delivery.reply) {
        await markPlace(context, session, delivery, true);
        delivery.reply.end();
      }
  }
}

/** The last of it. */
export async function deliverAnswer(
  context: ServeContext,
  session: HostedSession,
  delivery: Delivery,
  text: Text,
  status = 200,
): Promise<void> {
  const { reply } = delivery;
  const forget = () => forgetDelivery(session, delivery);
  if (reply && !reply.isGone) {
    forget();
    // Clients come back after an answer too.
    if (delivery.canReturn) await reply.eventId(sealPlace(context, session, undefined), false);
    return reply.answer(text, status);
  }
  if (!delivery.canReturn) return forget();
  context.kept.keep(delivery, text, forget);
}

/** Its client is back. Resolves once that has all, or has gone again. */
export async function deliverTo(
  context: ServeContext,
  session: HostedSession,
  delivery: Delivery,
  reply: Reply,
): Promise<void> {
  delivery.reply?.end();
  delivery.reply = reply;
  reply.stream();
  await markPlace(context, session, delivery, true);
  for (let [text] = delivery.kept; text !== undefined; [text] = delivery.kept) {
    await reply.event(text);
    if (reply.isGone) return;
    delivery.kept.shift();
  }
  context.kept.end(delivery);
  if (delivery.answer !== undefined) {
    // It may have gone again by now: then it is to be found once more.
    session.deliveries.set(delivery.id, delivery);
    return deliverAnswer(context, session, delivery, delivery.answer);
  }
  await untilGone(reply);
}

/** Its request came again, before any of the answer: who sent it last has that. Resolves then, or where nobody waits. */
export async function takeOver(
  context: ServeContext,
  session: HostedSession,
  delivery: Delivery,
  reply: Reply,
): Promise<void> {
  delivery.reply?.whole(202);
  if (delivery.kept.length > 0) return deliverTo(context, session, delivery, reply);
  delivery.reply = reply;
  await untilGone(reply);
}
