import { type JsonObject, objectOf } from "../../../json.ts";
import { keepLatest } from "../../../keep-latest.ts";
import { streamCut } from "../../../net/errors.ts";
import { quietly } from "../../../timing/quietly.ts";
import { until } from "../../../timing/until.ts";
import { HOLD_UP_MS } from "../../http/tell.ts";
import type { Id } from "../../jsonrpc/id.ts";
import { type NotificationMessage, notification, type RequestMessage } from "../../jsonrpc/message.ts";
import { type Answer, answered, errorIn } from "../../protocol/answer.ts";
import {
  ACKNOWLEDGED,
  carries,
  type Filter,
  offered,
  subscriptionEnd,
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

/** A subscription whose client's request waits for its end. */
interface Listening {
  id: Id;
  filter: Filter;
  onMessage: OnMessage;
  /** What its client is yet to hear, by what has changed: of the same change one is as good as many. */
  readonly due: Map<string, NotificationMessage>;
  isHearing: boolean;
}

/** Changes that wait for a client that is slow to hear of them. */
const MOST_DUE = 1000;

/** A resource that subscriptions want. */
interface Wanted {
  /** How many. */
  count: number;
  /** Whether the server may have subscribed us to it. */
  mayStand: boolean;
  /** What the server is being told of it, one thing after the other. */
  told: Promise<unknown>;
}

/** The `subscriptions/listen` of a modern client, at a server that tells of changes in its session. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** Those that stand; clients that share the session may have given them the same ids. */
  readonly #open = new Set<Listening>();
  /** How many stand, or are being made or ended. */
  #count = 0;
  /** By URI. */
  readonly #wanted = new Map<string, Wanted>();

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
    const uris = filter.resourceSubscriptions ?? [];
    let released: Promise<void> | undefined;
    const mine: Listening = { id, filter, onMessage, due: new Map(), isHearing: false };
    try {
      if (filter.resourceSubscriptions) filter.resourceSubscriptions = await this.#subscribe(uris);
      // Who has cancelled it meanwhile hears no more of it.
      if (!signal.aborted) {
        this.#open.add(mine);
        await onMessage(notification(ACKNOWLEDGED, tagged({ notifications: filter }, id)));
      }
      await end.promise;
    } finally {
      this.#open.delete(mine);
      ended.removeEventListener("abort", onEnd);
      if (!ended.aborted) released = this.#unsubscribe(uris);
    }
    if (ended.aborted) throw streamCut(host);
    await released;
    return answered(subscriptionEnd(id));
  }

  /** Tells of a change those who subscribed to it. A client that is slow to take it holds up no other of the session. */
  async deliver({ method, params }: NotificationMessage | RequestMessage): Promise<void> {
    for (const one of this.#open) {
      if (!carries(one.filter, method, params)) continue;
      keepLatest(one.due, `${method} ${params.uri}`, notification(method, tagged(params, one.id)), MOST_DUE);
      void this.#tellDue(one);
    }
  }

  async #tellDue(one: Listening): Promise<void> {
    if (one.isHearing) return;
    one.isHearing = true;
    for (const [what, change] of one.due) {
      one.due.delete(what);
      if (this.#open.has(one)) await quietly(one.onMessage(change));
    }
    one.isHearing = false;
  }

  /** Subscribes to resources; resolves with those that the server lets be subscribed to. */
  async #subscribe(uris: string[]): Promise<string[]> {
    const honoured = await Promise.all(
      uris.map((uri) =>
        this.#tell(uri, 1, async (wanted) => {
          // Of one that is not answered it is not known.
          wanted.mayStand = true;
          const answer = await this.#options.ask("resources/subscribe", { uri });
          if (answer.kind === "response" && !errorIn(answer)) return [uri];
          wanted.mayStand = false;
          return [];
        }),
      ),
    );
    return honoured.flat();
  }

  /** Other subscriptions may go on with the same resources, or be about to. Never rejects. */
  async #unsubscribe(uris: string[]): Promise<void> {
    const unsubscribed = uris.map((uri) =>
      this.#tell(uri, -1, async (wanted) => {
        if (wanted.count > 0) return;
        if (wanted.mayStand) await quietly(this.#options.ask("resources/unsubscribe", { uri }));
        wanted.mayStand = false;
        if (wanted.count === 0) this.#wanted.delete(uri);
      }),
    );
    await Promise.all(unsubscribed);
  }

  /** Tells the server of one resource what is to be told once it was told what came before. @param more or fewer want it */
  #tell<T>(uri: string, more: 1 | -1, tell: (wanted: Wanted) => Promise<T>): Promise<T> {
    const wanted = this.#wanted.get(uri) ?? { count: 0, mayStand: false, told: Promise.resolve() };
    this.#wanted.set(uri, wanted);
    wanted.count += more;
    const told = until(wanted.told, HOLD_UP_MS).then(() => tell(wanted));
    wanted.told = quietly(told);
    return told;
  }
}
