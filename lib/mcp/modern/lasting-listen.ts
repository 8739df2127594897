import { isObject } from "../../json.ts";
import { follow } from "../../timing/linked-abort.ts";
import { type Id, type Ids, idValue } from "../jsonrpc/id.ts";
import {
  errorResponse,
  exactParams,
  exactResult,
  type NotificationMessage,
  notification,
  type ResponseMessage,
  requestWithId,
  resultResponse,
} from "../jsonrpc/message.ts";
import { type Answer, answered } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { tooManySubscriptions } from "../protocol/errors.ts";
import { META_SUBSCRIPTION } from "../protocol/meta.ts";
import { changesIn, LISTEN, subscriptionEnd, tagged } from "../protocol/subscription.ts";
import type { Call, Transport } from "../protocol/transport.ts";
import { keepSubscription } from "./keep-subscription.ts";

/** Subscriptions at once: with the bridge's requests they must stay below the 256 connections that a runtime opens. */
const MAX_LISTENS = 48;

/** A transport whose `subscriptions/listen` outlive their connections, under the ids that the client knows them by. */
export function withLastingListen(transport: Transport, endpoint: Endpoint, ids: Ids): Transport {
  let open = 0;

  async function listen(call: Call): Promise<Answer> {
    if (open >= MAX_LISTENS) throw tooManySubscriptions(MAX_LISTENS);
    open++;
    const { message, signal, onMessage } = call;
    const over = new AbortController();
    const unlink = follow(signal, over);
    try {
      const end = await keepSubscription({
        endpoint,
        ids,
        firstId: message.id,
        signal: over.signal,
        request: (id, to) =>
          transport.request({ message: requestWithId(message, id), signal: over.signal, onMessage: to }),
        async onAcknowledged(honoured, acknowledged, again) {
          if (!again) return onMessage(asOf(acknowledged, message.id));
          for (const { method, params } of changesIn(honoured))
            await onMessage(notification(method, tagged(params, message.id)));
        },
        onNotification: (told) => onMessage(asOf(told, message.id)),
      });
      if (end.kind === "torn_down") return answered(subscriptionEnd(message.id));
      return end.answer.kind === "response" ? answered(answerAs(end.answer.message, message.id)) : end.answer;
    } finally {
      open--;
      unlink();
    }
  }

  return {
    ...transport,
    request: (call) => (call.message.method === LISTEN ? listen(call) : transport.request(call)),
  };
}

/** A subscription's message under the id that the client knows it by. */
function asOf(message: NotificationMessage, id: Id): NotificationMessage {
  const params = exactParams(message);
  if (message.method === "notifications/cancelled")
    return notification(message.method, { ...params, requestId: idValue(id) });
  const { _meta } = params;
  if (isObject(_meta) && JSON.stringify(_meta[META_SUBSCRIPTION]) === id) return message;
  return notification(message.method, tagged(params, id));
}

function answerAs(answer: ResponseMessage, id: Id): ResponseMessage {
  if (answer.id === id) return answer;
  return answer.error ? errorResponse(id, answer.error) : resultResponse(id, tagged(exactResult(answer), id));
}
