// What a server asks a legacy client, under ids that lead the answer to where it is awaited, whichever process gets that.
import type { JsonObject } from "../../../../json.ts";
import { keepLatest } from "../../../../keep-latest.ts";
import { asString } from "../../../../mcp/jsonrpc/bytes.ts";
import { type Id, idMeant, idValue } from "../../../../mcp/jsonrpc/id.ts";
import {
  exactParams,
  type NotificationMessage,
  notification,
  type RequestMessage,
  requestIdOf,
  requestWithId,
} from "../../../../mcp/jsonrpc/message.ts";
import type { HostedSession, ServeContext } from "../../context.ts";
import { MOST_CARRIED } from "../../seals.ts";
import type { Delivery } from "./delivery.ts";
import { endsAtMs } from "./place.ts";

/** Questions of one session that are remembered at once. */
const MOST_QUESTIONS = 1000;

/** A question of the server's under the id that its client gets. @param of the request that it belongs to */
export function sealedQuestion(
  context: ServeContext,
  session: HostedSession,
  message: RequestMessage,
  of: Delivery | undefined,
): RequestMessage {
  const { address: a, instance: i } = context.self;
  const value: JsonObject = { a, i, s: session.key, q: message.id };
  const { continuation } = message;
  const whole = continuation && of && of.ids === "ours" && session.owed.get(of.id)?.message;
  if (whole && of) {
    const [o, c] = [asString(whole.text), JSON.stringify(continuation)];
    of.waits = o.length + c.length < MOST_CARRIED;
    if (of.waits) Object.assign(value, { o, c, e: endsAtMs(context) });
  }
  const id: Id = JSON.stringify(context.seals.seal("question", value));
  keepLatest(session.questions, message.id, { id, of }, MOST_QUESTIONS);
  return requestWithId(message, id);
}

/** The end of a question under the id that its client knows, however the server writes its number. */
export function sealedEnd(session: HostedSession, message: NotificationMessage): NotificationMessage {
  const asked = requestIdOf(message);
  const meant = asked === undefined ? undefined : idMeant(asked, session.questions);
  const known = meant === undefined ? undefined : session.questions.get(meant);
  if (!known) return message;
  return notification(message.method, { ...exactParams(message), requestId: idValue(known.id) });
}
