// What legacy clients send (MCP 2025-11-25 "Sending Messages to the Server").
import type { IncomingMessage } from "node:http";
import { addLatest } from "../../../keep-latest.ts";
import { isBatch } from "../../../mcp/jsonrpc/batch.ts";
import type { Text } from "../../../mcp/jsonrpc/bytes.ts";
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
import { Cancellation } from "../../../mcp/protocol/transport.ts";
import { WITH_BATCHES } from "../../../mcp/protocol/versions.ts";
import { quietly } from "../../../timing/quietly.ts";
import { carry } from "../carry.ts";
import type { HostedSession, ServeContext } from "../context.ts";
import type { Reply } from "../http/reply.ts";
import { answerAll } from "./answering.ts";
import { isAnsweredElsewhere } from "./delivery/answers.ts";
import { createDelivery } from "./delivery/delivery.ts";
import { toClient } from "./delivery/to-client.ts";
import { isChanging } from "./memory.ts";
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
    else if (message.kind === "notification") notice(context, session, message, reply);
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

function notice(
  context: ServeContext,
  session: HostedSession,
  message: NotificationMessage,
  reply: Reply,
): void {
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
  reply.outlasting.push(quietly(connection.notify(message)));
  context.onMessageDone(message.text.length);
}
