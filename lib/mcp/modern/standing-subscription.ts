import { isPassing } from "../../failure.ts";
import { timedOut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { backoffMs } from "../../timing/backoff.ts";
import { follow } from "../../timing/linked-abort.ts";
import { sleep } from "../../timing/sleep.ts";
import { startTimer } from "../../timing/timer.ts";
import type { Id, Ids } from "../jsonrpc/id.ts";
import { type NotificationMessage, notification, type RpcError } from "../jsonrpc/message.ts";
import { type Answer, asRefused, rpcErrorOf } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { isForGood } from "../protocol/refusals/passing.ts";
import { carries, changesIn, type Filter } from "../protocol/subscription.ts";
import type { OnMessage } from "../protocol/transport.ts";
import { keepSubscription } from "./keep-subscription.ts";

/** The one subscription that stands for all that a legacy client wants to hear of. */
export interface StandingSubscription {
  /** Starts listening, and tries until it can, without anybody waiting for it. */
  start(): void;
  /**
   * Makes the subscription fit what is wanted by now; resolves with what the server honours.
   *
   * @throws SubscriptionRefused, M2mcpError; then the subscription is what it was
   */
  adapt(): Promise<Filter>;
  close(): void;
}

export interface StandingSubscriptionOptions {
  endpoint: Endpoint;
  ids: Ids;
  wanted(): Filter;
  /** Sends `subscriptions/listen`; resolves when its stream has ended. */
  request(id: Id, filter: Filter, signal: AbortSignal, onMessage: OnMessage): Promise<Answer>;
  onNotification(message: NotificationMessage): Promise<void>;
}

/** The server would not have the subscription. */
export class SubscriptionRefused extends Error {
  readonly error: RpcError;
  readonly isForGood: boolean;
  constructor(answer: Answer, url: string) {
    super("the subscription was refused");
    this.error = rpcErrorOf(asRefused(answer), url);
    this.isForGood = isForGood(answer);
  }
}

/** Keeps one `subscriptions/listen` under way (MCP 2026-07-28 "Subscriptions"), and replaces it where more is wanted. */
export function createStandingSubscription(options: StandingSubscriptionOptions): StandingSubscription {
  const { endpoint, wanted } = options;
  const ended = new AbortController();
  /** Ends the subscription that stands. */
  let current: AbortController | undefined;
  let changing: Promise<unknown> = Promise.resolve();
  let next: Promise<Filter> | undefined;

  /** One change at a time; those who come meanwhile share the next. */
  function adapt(): Promise<Filter> {
    if (next) return next;
    const mine = changing.then(() => {
      next = undefined;
      return replace();
    });
    next = mine;
    changing = mine.catch(() => {});
    return mine;
  }

  /** The new stream is up before the old one goes, so that nothing is missed between them. */
  async function replace(): Promise<Filter> {
    const filter = wanted();
    const old = current;
    if (Object.keys(filter).length === 0) {
      current = undefined;
      old?.abort();
      return filter;
    }
    const over = new AbortController();
    const honoured = await subscribe(filter, over, ended.signal, options);
    current = over;
    old?.abort();
    return honoured;
  }

  async function keepStarting(): Promise<void> {
    for (let failures = 1; !ended.signal.aborted; failures++)
      try {
        await adapt();
        return;
      } catch (error) {
        endpoint.log(`no changes are heard of: ${error instanceof Error ? error.message : "internal error"}`);
        if (error instanceof SubscriptionRefused ? error.isForGood : !isPassing(error)) return;
        await sleep(backoffMs(failures, 1000), ended.signal).catch(() => {});
      }
  }

  return {
    start: () => void keepStarting(),
    adapt,
    close: () => ended.abort(),
  };
}

/** Asks for a subscription and keeps it until `over`; resolves with what the server honours. */
function subscribe(
  filter: Filter,
  over: AbortController,
  ended: AbortSignal,
  { endpoint, ids, request, onNotification }: StandingSubscriptionOptions,
): Promise<Filter> {
  return new Promise<Filter>((resolve, reject) => {
    const { timeoutMs } = endpoint;
    const unlink = follow(ended, over);
    const timer = startTimer(timeoutMs, () => {
      over.abort();
      reject(timedOut(hostOf(endpoint.url), timeoutMs));
    });
    keepSubscription({
      endpoint,
      ids,
      firstId: ids.next(),
      signal: over.signal,
      outlivesEnd: true,
      request: (id, onMessage) => request(id, filter, over.signal, onMessage),
      async onAcknowledged(honoured, _message, again) {
        timer.stop();
        resolve(honoured);
        if (!again) return;
        for (const { method, params } of changesIn(honoured))
          await onNotification(notification(method, params));
      },
      onNotification: async (message) => {
        if (carries(filter, message.method, message.params)) await onNotification(message);
      },
    })
      .then((end) => {
        if (end.kind === "answered") reject(new SubscriptionRefused(end.answer, endpoint.url));
      }, reject)
      .finally(() => {
        timer.stop();
        unlink();
      });
  });
}
