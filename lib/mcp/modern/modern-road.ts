import { isObject } from "../../json.ts";
import { backoffMs } from "../../timing/backoff.ts";
import { sleep } from "../../timing/sleep.ts";
import {
  type Id,
  type Message,
  notification,
  type RequestMessage,
  type ResponseMessage,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import type { ErrorAnswer } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { tooManySubscriptions } from "../protocol/errors.ts";
import { changesIn, type Filter, tagged } from "../protocol/subscription-filter.ts";
import type { Deliver, Road } from "../protocol/transport.ts";
import {
  META_CAPABILITIES,
  META_CLIENT,
  META_SUBSCRIPTION,
  META_VERSION,
  MODERN_VERSION,
  undiscovered,
} from "../protocol/versions.ts";
import { createModernServer } from "./stateless-http.ts";

/** A stream that lasted as long as this was a good one: the wait before the next starts small again, in ms. */
const GOOD_STREAM_MS = 5000;
/** Subscriptions at once: with the bridge's requests they must stay below the 256 connections that a runtime opens. */
const MAX_LISTENS = 48;

/** A modern client with a modern server: messages pass on, headers are added, cut listen streams come back. */
export function createModernRoad(endpoint: Endpoint, deliver: Deliver): Road {
  const server = createModernServer(endpoint);
  const ended = new AbortController();
  /** The subscriptions under way, by the client's id, with the id they have at the server by now. */
  const listens = new Map<Id, { wireId: Id; cancelled: AbortController }>();
  let serial = 0;

  /** A subscription outlives its connection: it is asked for again until it ends by a word of either side. */
  async function listen(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    if (listens.size >= MAX_LISTENS) throw tooManySubscriptions(MAX_LISTENS);
    const mine = { wireId: message.id, cancelled: new AbortController() };
    listens.set(message.id, mine);
    const over = AbortSignal.any([ended.signal, mine.cancelled.signal]);
    let honoured: Filter | undefined;
    let tornDown = false;
    let answered = false;
    const take = async (read: Message): Promise<void> => {
      if (read.kind === "response") {
        answered = true;
        return deliver(asOf(read, mine.wireId, message.id));
      }
      if (read.kind !== "notification") return;
      if (read.method === "notifications/cancelled" && read.params.requestId === mine.wireId) {
        tornDown = true;
        return deliver(notification(read.method, { ...read.params, requestId: message.id }));
      }
      if (read.method !== "notifications/subscriptions/acknowledged" || !honoured) {
        if (read.method === "notifications/subscriptions/acknowledged")
          honoured = isObject(read.params.notifications) ? read.params.notifications : {};
        return deliver(asOf(read, mine.wireId, message.id));
      }
      // What changed while the stream was down was told to nobody.
      for (const { method, params } of changesIn(honoured))
        await deliver(notification(method, tagged(params, message.id)));
    };
    try {
      for (let failures = 0; ; ) {
        const startedMs = performance.now();
        const again = honoured !== undefined;
        if (again) mine.wireId = `m2mcp-listen-${++serial}`;
        const { method, params } = message;
        try {
          const failure = await server.request(
            again ? requestMessage(mine.wireId, method, params) : message,
            take,
          );
          if (answered) return undefined;
          const forGood = failure && failure.status < 500 && ![408, 429].includes(failure.status);
          if (failure && (!honoured || forGood)) return failure;
        } catch (error) {
          if (over.aborted || !honoured) throw error;
        }
        if (tornDown) {
          const _meta = { [META_SUBSCRIPTION]: message.id };
          await deliver(resultResponse(message.id, { resultType: "complete", _meta }));
          return undefined;
        }
        failures = performance.now() - startedMs > GOOD_STREAM_MS ? 1 : failures + 1;
        endpoint.log("the subscription's stream ended: asking for it again");
        await sleep(backoffMs(failures, 1000), over);
      }
    } finally {
      listens.delete(message.id);
    }
  }

  return {
    request: (message) =>
      message.method === "subscriptions/listen" ? listen(message) : server.request(message, deliver),
    async notify(message) {
      if (message.method !== "notifications/cancelled") return server.notify(message);
      // On HTTP, closing the stream says it (MCP 2026-07-28 "Cancellation").
      const { requestId } = message.params;
      if (typeof requestId !== "string" && typeof requestId !== "number") return;
      const listening = listens.get(requestId);
      listening?.cancelled.abort();
      server.cancel(listening?.wireId ?? requestId);
    },
    // A modern client answers nothing: its answers come with the retry.
    async respond() {},
    async close() {
      ended.abort();
      server.close();
    },
  };
}

/** A subscription's message under the id that the client knows it by. */
function asOf<M extends Message>(message: M, wireId: Id, id: Id): Message {
  if (wireId === id) return message;
  if (message.kind === "notification") return notification(message.method, tagged(message.params, id));
  if (message.kind === "response" && message.id === wireId) return answerAs(message, id);
  return message;
}

function answerAs(answer: ResponseMessage, id: Id): ResponseMessage {
  if (!answer.result)
    return { ...answer, id, text: JSON.stringify({ jsonrpc: "2.0", id, error: answer.error }) };
  return resultResponse(id, tagged(answer.result, id));
}

/**
 * Asks a server of unknown era for `server/discover`, in the name of the client whose request waits.
 * Resolves to nothing when it is modern, else to its refusal.
 */
export async function discover(
  endpoint: Endpoint,
  waiting: RequestMessage,
): Promise<ErrorAnswer | undefined> {
  const meta = isObject(waiting.params._meta) ? waiting.params._meta : {};
  const _meta = {
    [META_VERSION]: meta[META_VERSION] ?? MODERN_VERSION,
    [META_CLIENT]: meta[META_CLIENT],
    [META_CAPABILITIES]: meta[META_CAPABILITIES] ?? {},
  };
  let answer: ResponseMessage | undefined;
  const failure = await createModernServer(endpoint).request(
    requestMessage("m2mcp-discover", "server/discover", { _meta }),
    async (read) => {
      if (read.kind === "response") answer = read;
    },
  );
  const error = answer?.error ?? undiscovered(answer?.result);
  return failure ?? (error ? { status: 200, error } : undefined);
}
