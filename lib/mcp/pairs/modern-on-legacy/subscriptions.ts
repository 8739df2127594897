import { type JsonObject, objectOf } from "../../../json.ts";
import { streamCut } from "../../../net/errors.ts";
import type { Id } from "../../jsonrpc/id.ts";
import { type NotificationMessage, notification, type RequestMessage } from "../../jsonrpc/message.ts";
import { type Answer, answered, errorIn } from "../../protocol/answer.ts";
import {
  ACKNOWLEDGED,
  carries,
  complete,
  type Filter,
  offered,
  tagged,
} from "../../protocol/subscription.ts";
import type { Call, OnMessage } from "../../protocol/transport.ts";

const CHANGES = /^notifications\/((tools|prompts|resources)\/list_changed|resources\/updated)$/;

/** Notifications that a client gets through its subscriptions alone (MCP 2026-07-28 "Subscriptions"). */
export const isChange = ({ kind, method }: NotificationMessage | RequestMessage): boolean =>
  kind === "notification" && CHANGES.test(method);

export interface SubscriptionsOptions {
  /** The server, for what is told of it. */
  host: string;
  /** Asks the server something for ourselves. */
  ask(method: string, params: JsonObject): Promise<Answer>;
  /** Aborted when the transport is closed. */
  ended: AbortSignal;
}

/** The `subscriptions/listen` of a modern client, at a server that tells of changes in its session. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** By the id of the client's request, which waits for the end. */
  readonly #open = new Map<Id, { filter: Filter; onMessage: OnMessage }>();
  /** How many stand, or are being made or ended. */
  #count = 0;

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  get areNone(): boolean {
    return this.#count === 0;
  }

  /**
   * Carries one subscription until the client cancels it.
   *
   * @param capabilities the server's
   * @throws M2mcpError when the transport is closed before that
   */
  listen(call: Call, capabilities: unknown): Promise<Answer> {
    this.#count++;
    return this.#carry(call, capabilities).finally(() => this.#count--);
  }

  async #carry({ message, signal, onMessage }: Call, capabilities: unknown): Promise<Answer> {
    const { host, ended } = this.#options;
    const { id, params } = message;
    const end = Promise.withResolvers<void>();
    const onEnd = () => end.resolve();
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", onEnd, { once: true });
    ended.addEventListener("abort", onEnd, { once: true });
    const filter = offered(objectOf(params.notifications), capabilities);
    try {
      if (filter.resourceSubscriptions)
        filter.resourceSubscriptions = await this.#subscribe(filter.resourceSubscriptions);
      // Who has cancelled it meanwhile hears no more of it.
      if (!signal.aborted) {
        this.#open.set(id, { filter, onMessage });
        await onMessage(notification(ACKNOWLEDGED, tagged({ notifications: filter }, id)));
      }
      await end.promise;
    } finally {
      this.#open.delete(id);
      ended.removeEventListener("abort", onEnd);
    }
    if (ended.aborted) throw streamCut(host);
    await this.#unsubscribe(filter.resourceSubscriptions ?? []);
    return answered(complete(id));
  }

  /** Tells of a change those who subscribed to it. */
  async deliver({ method, params }: NotificationMessage | RequestMessage): Promise<void> {
    for (const [id, { filter, onMessage }] of this.#open)
      if (carries(filter, method, params)) await onMessage(notification(method, tagged(params, id)));
  }

  /** Subscribes to resources; resolves with those that the server lets be subscribed to. */
  async #subscribe(uris: string[]): Promise<string[]> {
    const honoured = await Promise.all(
      uris.map(async (uri) => {
        const answer = await this.#options.ask("resources/subscribe", { uri });
        return answer.kind === "refused" || errorIn(answer) ? [] : [uri];
      }),
    );
    return honoured.flat();
  }

  /** Other subscriptions may go on with the same resources. */
  async #unsubscribe(uris: string[]): Promise<void> {
    const still = [...this.#open.values()].flatMap(({ filter }) => filter.resourceSubscriptions ?? []);
    for (const uri of uris)
      if (!still.includes(uri)) await this.#options.ask("resources/unsubscribe", { uri }).catch(() => {});
  }
}
