// What a legacy client answers to its server's questions, whichever process gets that.
import type { IncomingMessage } from "node:http";
import type { JsonObject } from "../../../../json.ts";
import { asString, type Text } from "../../../../mcp/jsonrpc/bytes.ts";
import { type ResponseMessage, withId } from "../../../../mcp/jsonrpc/message.ts";
import { quietly } from "../../../../timing/quietly.ts";
import type { HostedSession, ServeContext } from "../../context.ts";
import type { Reply } from "../../http/reply.ts";
import { FORWARDED, forward, placeOf } from "../../peers.ts";
import { carryOn } from "./carry-on.ts";
import { markPlace } from "./delivery.ts";

/** Takes the client's answer to the server; whether the request was answered in our stead, or refused. */
export async function isAnsweredElsewhere(
  context: ServeContext,
  session: HostedSession,
  message: ResponseMessage,
  incoming: IncomingMessage,
  body: Text,
  reply: Reply,
): Promise<boolean> {
  const question = message.id === null ? undefined : context.seals.open("question", JSON.parse(message.id));
  if (!question) {
    reply.outlasting.push(quietly(session.connection.respond(message)));
    return false;
  }
  const place = placeOf(context, question);
  if (place === "here") {
    await answerHere(context, session, question, message, reply);
    return false;
  }
  if (place === "elsewhere" && incoming.headers[FORWARDED] === undefined) {
    const to = { address: String(question.a), body: Buffer.from(asString(body)) };
    if (await forward(context, incoming, reply, to)) return true;
  }
  if (carryOn(context, session, question, message)) return false;
  if (session.side?.session) {
    // It asked in a session of its own, which is there still.
    reply.outlasting.push(quietly(session.connection.respond(withId(message, String(question.q)))));
    return false;
  }
  reply.refuse(400, { code: -32000, message: "the process that asked is gone" });
  return true;
}

async function answerHere(
  context: ServeContext,
  session: HostedSession,
  { s, q }: JsonObject,
  message: ResponseMessage,
  reply: Reply,
): Promise<void> {
  const asking = (await context.sessions.get(String(s))) ?? session;
  const of = asking.questions.get(String(q))?.of;
  asking.questions.delete(String(q));
  if (of?.waits) {
    // From now on nobody else can go on with it.
    of.waits = false;
    void markPlace(context, asking, of, true);
  }
  reply.outlasting.push(quietly(asking.connection.respond(withId(message, String(q)))));
}
