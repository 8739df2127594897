import { isPassing } from "../../failure.ts";
import { objectOf } from "../../json.ts";
import { createSchedule } from "../../timing/schedule.ts";
import { sleep } from "../../timing/sleep.ts";
import type { Id, Ids } from "../jsonrpc/id.ts";
import { type NotificationMessage, requestIdOf } from "../jsonrpc/message.ts";
import type { Answer } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { isForGood } from "../protocol/refusals/passing.ts";
import { ACKNOWLEDGED, type Filter } from "../protocol/subscription.ts";
import type { OnMessage } from "../protocol/transport.ts";

export interface SubscriptionOptions {
  endpoint: Pick<Endpoint, "log">;
  ids: Ids;
  /** The id it is asked for under at first; then it gets ids of our own. */
  firstId: Id;
  /** Asks for it under this id; resolves when its stream has ended. */
  request(id: Id, onMessage: OnMessage): Promise<Answer>;
  /** Ends it. */
  signal: AbortSignal;
  /** The server has acknowledged it; `again` after its stream was down: what changed meanwhile was told to nobody. */
  onAcknowledged(honoured: Filter, message: NotificationMessage, again: boolean): Promise<void>;
  onNotification(message: NotificationMessage): Promise<void>;
  /** Whether it outlives a word of the server's that ends it: nobody but us knows of it. */
  outlivesEnd?: boolean;
}

/** How a subscription ended: by an answer or a refusal, or by a notification that the server gives it up. */
export type SubscriptionEnd = { kind: "answered"; answer: Answer } | { kind: "torn_down" };

/**
 * Keeps one `subscriptions/listen` under way (MCP 2026-07-28 "Subscriptions"): it outlives its connection, and is asked
 * for again, at growing waits, until it ends by a word of either side.
 *
 * @throws M2mcpError what ended it before it was acknowledged, or does not pass
 */
export async function keepSubscription(options: SubscriptionOptions): Promise<SubscriptionEnd> {
  const { endpoint, ids, firstId, signal } = options;
  const known: { honoured?: Filter } = {};
  const schedule = createSchedule();
  for (let id = firstId; ; id = ids.next()) {
    const startedMs = performance.now();
    const end = await holdOnce(id, known, options);
    if (end) return end;
    const waitMs = schedule.next({ tookMs: performance.now() - startedMs, progressed: false });
    endpoint.log("the subscription's stream ended: asking for it again");
    await sleep(waitMs, signal);
  }
}

async function holdOnce(
  id: Id,
  known: { honoured?: Filter },
  { request, signal, onAcknowledged, onNotification, outlivesEnd }: SubscriptionOptions,
): Promise<SubscriptionEnd | undefined> {
  let tornDown = false;
  try {
    const answer = await request(id, async (message) => {
      if (message.kind !== "notification") return;
      if (message.method === ACKNOWLEDGED) {
        const again = known.honoured !== undefined;
        known.honoured = objectOf(message.params.notifications);
        return onAcknowledged(known.honoured, message, again);
      }
      if (message.method === "notifications/cancelled") tornDown ||= requestIdOf(message) === id;
      return onNotification(message);
    });
    const isOver = answer.kind === "response" && !(outlivesEnd && !answer.message.error);
    if (isOver || !known.honoured || isForGood(answer)) return { kind: "answered", answer };
  } catch (error) {
    if (signal.aborted || !known.honoured || !isPassing(error)) throw error;
  }
  return tornDown && !outlivesEnd ? { kind: "torn_down" } : undefined;
}
