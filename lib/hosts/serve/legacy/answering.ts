// The requests of one POST of a legacy client's, from their ids to their answers.
import { asString, type Text } from "../../../mcp/jsonrpc/bytes.ts";
import { errorResponse, INVALID_REQUEST, type RequestMessage } from "../../../mcp/jsonrpc/message.ts";
import { refused } from "../../../mcp/protocol/answer.ts";
import { Detachment } from "../../../mcp/protocol/transport.ts";
import { namesLoss } from "../../../mcp/protocol/verdict.ts";
import { giveBackController, takeController } from "../../../timing/linked-abort.ts";
import { type Carried, carry } from "../carry.ts";
import type { HostedSession, Owed, ServeContext } from "../context.ts";
import type { Reply } from "../http/reply.ts";
import {
  createDelivery,
  type Delivery,
  deliverAnswer,
  forgetDelivery,
  isLive,
  noteServersPlace,
  takeOver,
} from "./delivery/delivery.ts";
import { toClient } from "./delivery/to-client.ts";
import { publish } from "./memory.ts";

/** Answers all requests of one POST. */
export async function answerAll(
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
  const underWay = sentBefore(session, message);
  if (underWay) return takeOver(context, session, underWay, reply);
  const delivery = createDelivery(message.id, reply, "ours");
  const carried = await answerOne(context, session, message, delivery);
  if (!carried) {
    forgetDelivery(session, delivery);
    return answerTogether([], false, delivery.reply ?? reply);
  }
  const status = isLost(session, carried) ? 404 : 200;
  await deliverAnswer(context, session, delivery, carried.response.text, status);
}

/**
 * The same request, as it is under way and nothing of its answer has begun: a balancer sends it again where the process has
 * ended that handed it to us, and may do so before we know that nobody waits any more.
 */
function sentBefore({ deliveries, owed }: HostedSession, { id, text }: RequestMessage): Delivery | undefined {
  const delivery = deliveries.get(id);
  const before = owed.get(id)?.message.text;
  // Who can resume the server's own stream does that.
  if (!delivery || before === undefined || delivery.ids === "server") return undefined;
  if (isLive(delivery) && delivery.reply?.isBegun) return undefined;
  return asString(before) === asString(text) ? delivery : undefined;
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
    if (delivery.ids === "server" && delivery.reply === reply) request.cancel.abort(new Detachment());
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
