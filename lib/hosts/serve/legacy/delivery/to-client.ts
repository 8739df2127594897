import { errorResponse } from "../../../../mcp/jsonrpc/message.ts";
import type { Heard, HostedSession, ServeContext } from "../../context.ts";
import type { Reply } from "../../http/reply.ts";
import { type Delivery, deliver, isLive } from "./delivery.ts";
import { sealedEnd, sealedQuestion } from "./questions.ts";

/**
 * Brings to a legacy client what its server says besides answers: beside the request it belongs to, else on its own stream.
 *
 * @param of the request that it belongs to, where that is known
 */
export async function toClient(
  context: ServeContext,
  session: HostedSession,
  message: Heard,
  of: Delivery | undefined,
): Promise<void> {
  noteListChange(context, message);
  const { stream } = session;
  const own = of && isLive(of) ? of : likelyFor(session, message);
  if (!own && stream && !stream.isGone) {
    await stream.event(named(context, session, message, of).text);
  } else {
    // The old transport has one stream for all: then any that the client reads will do.
    const to = own ?? [...session.deliveries.values()].find(isLive) ?? (of?.canReturn ? of : undefined);
    if (!to) return unheard(session, message);
    await deliver(context, session, to, named(context, session, message, of ?? to));
  }
  context.onMessageDone(message.text.length);
}

function noteListChange(context: ServeContext, message: Heard): void {
  if (message.kind === "notification" && message.method.endsWith("/list_changed"))
    context.onListChanged(message.method);
}

/** A question most likely belongs to the only request that there is: that is come back for. */
function likelyFor({ deliveries }: HostedSession, { kind }: Heard): Delivery | undefined {
  if (kind !== "request") return undefined;
  const [only, another] = [...deliveries.values()].filter(isLive);
  return another ? undefined : only;
}

/** The same on a stream that the client has asked for. */
export async function onStream(
  context: ServeContext,
  session: HostedSession,
  message: Heard,
  reply: Reply,
): Promise<void> {
  if (reply.isGone) return toClient(context, session, message, undefined);
  noteListChange(context, message);
  await reply.event(named(context, session, message, undefined).text);
  context.onMessageDone(message.text.length);
}

/** Nobody is there to answer: the server need not wait. */
async function unheard({ connection }: HostedSession, message: Heard): Promise<void> {
  if (message.kind === "notification") return;
  const error = { code: -32000, message: "the client cannot be reached" };
  await connection.respond(errorResponse(message.id, error));
}

/**
 * A message as the client gets it. What can be answered through this process alone bears an id that says so, since the
 * answer may come to another.
 */
function named(
  context: ServeContext,
  session: HostedSession,
  message: Heard,
  of: Delivery | undefined,
): Heard {
  if (!session.side?.isHeldHere) return message;
  if (message.kind === "request") return sealedQuestion(context, session, message, of);
  return message.method === "notifications/cancelled" ? sealedEnd(session, message) : message;
}
