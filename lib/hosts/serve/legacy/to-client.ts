import { keepLatest } from "../../../keep-latest.ts";
import { type Id, idValue } from "../../../mcp/jsonrpc/id.ts";
import {
  errorResponse,
  exactParams,
  notification,
  requestIdOf,
  request as requestMessage,
} from "../../../mcp/jsonrpc/message.ts";
import type { Heard, HostedSession, ServeContext } from "../context.ts";
import type { Reply } from "../http/reply.ts";

/** Questions of one session that are remembered at once. */
const MOST_QUESTIONS = 1000;

/** Brings to a legacy client what its server says besides answers: beside the request it belongs to, else on its own stream. */
export async function toClient(
  context: ServeContext,
  session: HostedSession,
  message: Heard,
  reply: Reply | undefined,
): Promise<void> {
  if (message.kind === "notification" && message.method.endsWith("/list_changed"))
    context.onListChanged(message.method);
  // The old transport has one stream for all: then any that the client reads will do.
  const place = [reply, session.stream, ...session.replies].find((one) => one && !one.isGone);
  if (place) {
    await place.event(named(context, session, message).text);
    context.onMessageDone(message.text.length);
    return;
  }
  if (message.kind === "notification") return;
  // Nobody is there to answer: the server need not wait.
  const error = { code: -32000, message: "the client cannot be reached" };
  await session.connection.respond(errorResponse(message.id, error));
}

/**
 * A message as the client gets it. What can be answered through this process alone bears an id that says so, since the
 * answer may come to another.
 */
function named(context: ServeContext, session: HostedSession, message: Heard): Heard {
  if (!session.side?.isHeldHere) return message;
  if (message.kind === "request") {
    const { address: a, instance: i } = context.self;
    const value = { a, i, s: session.key, q: message.id };
    const id: Id = JSON.stringify(context.seals.seal("question", value));
    keepLatest(session.questions, message.id, id, MOST_QUESTIONS);
    return requestMessage(id, message.method, exactParams(message));
  }
  if (message.method !== "notifications/cancelled") return message;
  const asked = requestIdOf(message);
  const id = asked === undefined ? undefined : session.questions.get(asked);
  if (id === undefined) return message;
  return notification(message.method, { ...exactParams(message), requestId: idValue(id) });
}
