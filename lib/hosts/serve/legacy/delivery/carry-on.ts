import type { JsonObject } from "../../../../json.ts";
import { addLatest } from "../../../../keep-latest.ts";
import type { RequestMessage, ResponseMessage } from "../../../../mcp/jsonrpc/message.ts";
import { parseMessages } from "../../../../mcp/jsonrpc/parse.ts";
import { carry } from "../../carry.ts";
import type { HostedSession, ServeContext } from "../../context.ts";
import { carriedIn } from "../../seals.ts";
import { createDelivery, deliverAnswer } from "./delivery.ts";
import { toClient } from "./to-client.ts";

/** Questions that were answered here in the place of others are remembered. */
const MOST_ANSWERED = 10_000;

/**
 * Goes on with a request whose process has ended, by what its question bears and the client's answer to that: what comes of
 * it waits here for the client.
 *
 * @param question as it was sealed
 * @returns false where the question bears nothing to go on with
 */
export function carryOn(
  context: ServeContext,
  session: HostedSession,
  question: JsonObject,
  response: ResponseMessage,
): boolean {
  const found = heldBy(question);
  if (!found || question.s !== session.key) return false;
  const { message, from } = found;
  const { answered } = context;
  const cancel = new AbortController();
  // Who was told by now that nothing comes of it does not want it carried out.
  if (Date.now() > Number(question.e) || session.cancelled.has(message.id)) return true;
  // An answer that comes twice is one.
  if (response.id === null || answered.has(response.id)) return true;
  if (!session.owed.add(message.id, { cancel, message })) return true;
  addLatest(answered, response.id, MOST_ANSWERED);
  const delivery = createDelivery(message.id, undefined, "ours");
  session.deliveries.set(message.id, delivery);
  const finish = async () => {
    const carried = await carry(context, session, message, cancel, {
      onMessage: (heard) => toClient(context, session, heard, delivery),
      continued: { from, response },
    });
    if (session.owed.settle(message.id))
      await deliverAnswer(context, session, delivery, carried.response.text);
    else {
      session.deliveries.delete(message.id);
      delivery.reply?.end();
    }
  };
  void finish();
  return true;
}

function heldBy({ o, c }: JsonObject): { message: RequestMessage; from: JsonObject } | undefined {
  const from = carriedIn(c);
  if (typeof o !== "string" || !from) return undefined;
  const [message] = parseMessages(o);
  return message?.kind === "request" ? { message, from } : undefined;
}
