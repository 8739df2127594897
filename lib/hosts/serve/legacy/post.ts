// What legacy clients send (MCP 2025-11-25 "Sending Messages to the Server").
import type { IncomingMessage } from "node:http";
import { addLatest } from "../../../keep-latest.ts";
import { isBatch } from "../../../mcp/jsonrpc/batch.ts";
import { asString, type Text } from "../../../mcp/jsonrpc/bytes.ts";
import {
  errorResponse,
  exactParams,
  INVALID_REQUEST,
  type Message,
  type NotificationMessage,
  type RequestMessage,
  requestIdOf,
} from "../../../mcp/jsonrpc/message.ts";
import type { Unreadable } from "../../../mcp/jsonrpc/parse.ts";
import { refused } from "../../../mcp/protocol/answer.ts";
import { Cancellation, Detachment } from "../../../mcp/protocol/transport.ts";
import { namesLoss } from "../../../mcp/protocol/verdict.ts";
import { WITH_BATCHES } from "../../../mcp/protocol/versions.ts";
import { giveBackController, takeController } from "../../../timing/linked-abort.ts";
import { quietly } from "../../../timing/quietly.ts";
import { type Carried, carry } from "../carry.ts";
import type { HostedSession, Owed, ServeContext } from "../context.ts";
import type { Reply } from "../http/reply.ts";
import { isAnsweredElsewhere } from "./delivery/answers.ts";
import {
  createDelivery,
  type Delivery,
  deliverAnswer,
  forgetDelivery,
  noteServersPlace,
} from "./delivery/delivery.ts";
import { toClient } from "./delivery/to-client.ts";
import { isChanging, publish } from "./memory.ts";
import { sessionFor } from "./session-for.ts";
import { idOfSession, SESSION } from "./session-id.ts";
import { createSession } from "./sessions.ts";

/** Cancelled requests of a session that are remembered. */
const MOST_CANCELLED = 100;

/** Takes one POST of a legacy client's, whose messages were read. */
export async function takeLegacyPost(
  context: ServeContext,
  incoming: IncomingMessage,
  body: Text,
  messages: readonly (Message | Unreadable)[],
  reply: Reply,
): Promise<void> {
  const [first] = messages;
  if (first?.kind === "unreadable" && messages.length === 1) return reply.refuse(400, first.error, first.id);
  const isArray = isBatch(body, messages);
  const initialize = messages.find(
    (message) => message.kind === "request" && message.method === "initialize",
  );
  if (initialize?.kind === "request") {
    if (!isArray) return open(context, initialize, reply);
    return reply.refuse(400, { code: INVALID_REQUEST, message: "initialize stands alone" });
  }
  const session = await sessionFor(context, incoming, reply, body, isChanging(messages));
  if (!session) return;
  if (isArray && session.version !== WITH_BATCHES)
    return reply.refuse(400, { code: INVALID_REQUEST, message: `${session.version} has no batches` });
  const requests: RequestMessage[] = [];
  const unreadable: Text[] = [];
  for (const message of messages)
    if (message.kind === "request") requests.push(message);
    else if (message.kind === "unreadable") unreadable.push(errorResponse(message.id, message.error).text);
    else if (message.kind === "notification") notice(context, session, message);
    else if (await isAnsweredElsewhere(context, session, message, incoming, body, reply)) return;
  if (requests.length === 0 && unreadable.length === 0) return reply.whole(202);
  await answerAll(context, session, requests, unreadable, isArray, reply);
}

async function open(context: ServeContext, initialize: RequestMessage, reply: Reply): Promise<void> {
  const session = createSession(context, initialize);
  const { response } = await carry(context, session, initialize, new AbortController(), {
    onMessage: (message) => toClient(context, session, message, createDelivery(initialize.id, reply, "none")),
  });
  if (!response.error) {
    session.version = String(response.result?.protocolVersion);
    context.sessions.set(session.key, Promise.resolve(session));
    reply.header(SESSION, idOfSession(context, session));
  } else void session.connection.close("end");
  await reply.answer(response.text);
}

function notice(context: ServeContext, session: HostedSession, message: NotificationMessage): void {
  const { owed, connection, side } = session;
  const { method } = message;
  const id = method === "notifications/cancelled" ? requestIdOf(message) : undefined;
  const cancelled = id === undefined ? undefined : owed.settle(id);
  if (cancelled) {
    cancelled.cancel.abort(new Cancellation(exactParams(message)));
    return;
  }
  // It may be asked for what a process had under way that has ended.
  if (id !== undefined) addLatest(session.cancelled, id, MOST_CANCELLED);
  // A modern server is listened to where there is somebody to be told.
  if (method === "notifications/initialized" && side?.era === "modern" && !session.stream) return;
  void quietly(connection.notify(message));
  context.onMessageDone(message.text.length);
}

async function answerAll(
  context: ServeContext,
  session: HostedSession,
  requests: readonly RequestMessage[],
  unreadable: readonly Text[],
  isArray: boolean,
  reply: Reply,
): Promise<void> {
  const [only] = requests;
  session.replies.add(reply);
  if (only && requests.length === 1 && !isArray) await answerAlone(context, session, only, reply);
  else {
    const carried = await Promise.all(
      requests.map(async (message) => {
        // A stream with the answers to several is not come back to.
        const delivery = createDelivery(message.id, reply, "none");
        const one = await answerOne(context, session, message, delivery);
        forgetDelivery(session, delivery);
        return one;
      }),
    );
    const answers = carried.flatMap((one) => (one ? [one.response.text] : []));
    await answerTogether([...answers, ...unreadable], isArray, reply);
  }
  session.replies.delete(reply);
}

async function answerAlone(
  context: ServeContext,
  session: HostedSession,
  message: RequestMessage,
  reply: Reply,
): Promise<void> {
  const delivery = createDelivery(message.id, reply, "ours");
  const carried = await answerOne(context, session, message, delivery);
  if (!carried) {
    forgetDelivery(session, delivery);
    return answerTogether([], false, delivery.reply ?? reply);
  }
  const status = isLost(session, carried) ? 404 : 200;
  await deliverAnswer(context, session, delivery, carried.response.text, status);
}

async function answerTogether(texts: readonly Text[], isArray: boolean, reply: Reply): Promise<void> {
  // Cancelled: nothing is answered.
  if (texts.length === 0 && !reply.isBegun) reply.whole(202);
  else if (reply.isBegun) {
    for (const text of texts) await reply.event(text);
    reply.end();
  } else await reply.answer(isArray ? `[${texts.map(asString).join(",")}]` : (texts[0] ?? ""), 200);
}

/** Whether the server has forgotten the session for good: the client opens another (MCP "Session Management"). */
const isLost = ({ side }: HostedSession, { refusedWith, response }: Carried): boolean =>
  side?.session !== undefined && refusedWith === 404 && namesLoss(refused(404, response.error));

/** Undefined where the client has cancelled it. */
async function answerOne(
  context: ServeContext,
  session: HostedSession,
  message: RequestMessage,
  delivery: Delivery,
): Promise<Carried | undefined> {
  const { id } = message;
  const { reply } = delivery;
  const request: Owed = { cancel: takeController(), message };
  if (!session.owed.add(id, request)) {
    const error = { code: INVALID_REQUEST, message: `a request with id ${id} is under way` };
    return { response: errorResponse(null, error) };
  }
  session.deliveries.set(id, delivery);
  session.cancelled.delete(id);
  // A client that has gone has not cancelled; what it can resume at the server, it asks for elsewhere.
  const onGone = () => {
    if (delivery.ids === "server") request.cancel.abort(new Detachment());
  };
  const forget = reply?.whenGone(onGone);
  const isGuarded = context.endpoint.guard !== undefined;
  const carried = await carry(context, session, message, request.cancel, {
    onMessage: (heard) => toClient(context, session, heard, delivery),
    // What is resumed comes back unguarded, which is felt in lists alone.
    ...(isGuarded && message.method === "tools/list"
      ? {}
      : { onEventId: (...place) => noteServersPlace(delivery, isGuarded, ...place) }),
  });
  forget?.();
  if (context.memory) await publish(context, session);
  if (!session.owed.settle(id)) return undefined;
  // Of what failed, something may still be under way.
  if (!carried.response.error) giveBackController(request.cancel);
  return carried;
}
