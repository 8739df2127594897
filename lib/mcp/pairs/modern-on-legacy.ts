import { isObject, type JsonObject, objectOf } from "../../json.ts";
import { streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import type { Id, Ids } from "../jsonrpc/id.ts";
import {
  errorResponse,
  exactParams,
  notification,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { handshake } from "../legacy/initialize.ts";
import { type Answer, answered, errorIn } from "../protocol/answer.ts";
import type { Endpoint, ServerEra } from "../protocol/endpoint.ts";
import { LOG_LEVELS, logLevelOf, META_CAPABILITIES, META_CLIENT, metaOf } from "../protocol/meta.ts";
import {
  ACKNOWLEDGED,
  carries,
  complete,
  type Filter,
  LISTEN,
  offered,
  tagged,
} from "../protocol/subscription.ts";
import type { Call, OnMessage, Transport } from "../protocol/transport.ts";
import { modernRefusal } from "../translate/modern-rules.ts";
import { withoutModernMeta } from "../translate/to-legacy.ts";
import { discoverResult } from "../translate/to-modern.ts";
import type { EraTransport, Opened } from "./era-transport.ts";
import { createHeldRequests } from "./held-requests.ts";

export interface ModernOnLegacyOptions {
  endpoint: Endpoint;
  era: ServerEra;
  ids: Ids;
  onMessage: OnMessage;
  /** Makes the transport of a legacy session. */
  openSession(onMessage: OnMessage): Transport;
}

/** A subscription of the client's, which its request waits for. */
interface Subscription {
  filter: Filter;
  onMessage: OnMessage;
  end(): void;
}

/**
 * A modern client with a legacy server: one session serves all its requests; what the server asks becomes
 * `input_required`, and the retry the answer that the server awaits; `subscriptions/listen` becomes the standalone stream
 * and `resources/subscribe`.
 */
export function createModernOnLegacy(options: ModernOnLegacyOptions): EraTransport {
  const { endpoint, era, ids, onMessage } = options;
  const ended = new AbortController();
  const subscriptions = new Map<Id, Subscription>();
  let initialized: JsonObject | undefined;
  let handshaking: Promise<Opened> | undefined;
  /** The session's log level: the most talkative that any request wanted. */
  let sessionLevel = Number.POSITIVE_INFINITY;
  const session = options.openSession((message) => held.onMessage(message));
  const held = createHeldRequests({
    session,
    ids,
    onMessage: fromServer,
    serverInfo: () => initialized?.serverInfo,
  });

  /** The handshake, in the name of the client whose request comes first. */
  function open({ message, signal }: Call): Promise<Opened> {
    const meta = metaOf(message);
    const client = { clientInfo: meta[META_CLIENT], capabilities: meta[META_CAPABILITIES] };
    const work = async (): Promise<Opened> => {
      const hand = await handshake(session, {
        endpoint,
        era,
        ids,
        client,
        signal,
        onMessage: held.onMessage,
      });
      if (hand.kind === "refused") return hand;
      initialized = hand.result;
      return { kind: "opened", proven: true, initialized: hand.result };
    };
    handshaking ??= work();
    const mine = handshaking;
    const reset = () => {
      if (handshaking === mine) handshaking = undefined;
    };
    mine.then((opened) => opened.kind === "refused" && reset(), reset);
    return mine;
  }

  /** Asks the server something for ourselves. */
  const ask = (method: string, params: JsonObject): Promise<Answer> =>
    session.request({
      message: requestMessage(ids.next(), method, params),
      signal: ended.signal,
      onMessage: held.onMessage,
    });

  async function fromServer(message: Parameters<OnMessage>[0]): Promise<void> {
    const { method, params } = message;
    const isChange = /^notifications\/((tools|prompts|resources)\/list_changed|resources\/updated)$/.test(
      method,
    );
    if (!isChange) return onMessage(message);
    for (const [id, { filter, onMessage: to }] of subscriptions)
      if (carries(filter, method, params)) await to(notification(method, tagged(params, id)));
  }

  /** Legacy servers keep the level of log messages for the session; what is less than a request wants is left out here. */
  async function followLevel(meta: JsonObject): Promise<void> {
    const level = logLevelOf(meta);
    if (level >= sessionLevel) return;
    sessionLevel = level;
    if ("logging" in objectOf(initialized?.capabilities))
      await ask("logging/setLevel", { level: LOG_LEVELS[level] });
  }

  async function listen({ message, signal, onMessage: to }: Call): Promise<Answer> {
    const { id, params } = message;
    const wanted: Filter = isObject(params.notifications) ? params.notifications : {};
    const end = Promise.withResolvers<void>();
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", () => end.resolve(), { once: true });
    ended.signal.addEventListener("abort", () => end.resolve(), { once: true });
    const filter = offered(wanted, initialized?.capabilities);
    if (filter.resourceSubscriptions)
      filter.resourceSubscriptions = await subscribe(filter.resourceSubscriptions);
    subscriptions.set(id, { filter, onMessage: to, end: end.resolve });
    await to(notification(ACKNOWLEDGED, tagged({ notifications: filter }, id)));
    await end.promise;
    subscriptions.delete(id);
    if (ended.signal.aborted) throw streamCut(hostOf(endpoint.url));
    const still = [...subscriptions.values()].flatMap((other) => other.filter.resourceSubscriptions ?? []);
    for (const uri of filter.resourceSubscriptions ?? [])
      if (!still.includes(uri)) await ask("resources/unsubscribe", { uri }).catch(() => {});
    return answered(complete(id));
  }

  /** Subscribes to resources; resolves with those that the server lets be subscribed to. */
  async function subscribe(uris: string[]): Promise<string[]> {
    const honoured = await Promise.all(
      uris.map(async (uri) => {
        const answer = await ask("resources/subscribe", { uri });
        return answer.kind === "refused" || errorIn(answer) ? [] : [uri];
      }),
    );
    return honoured.flat();
  }

  return {
    open,
    async request(call) {
      const { message } = call;
      const problem = modernRefusal(message);
      if (problem) return answered(errorResponse(message.id, problem));
      if (!initialized) {
        const opened = await open(call);
        if (opened.kind === "refused") return opened;
      }
      if (message.method === "server/discover")
        return answered(resultResponse(message.id, discoverResult(initialized ?? {})));
      if (message.method === LISTEN) return listen(call);
      await followLevel(metaOf(message));
      return held.request(call);
    },
    notify: (message) =>
      session.notify(notification(message.method, withoutModernMeta(exactParams(message)))),
    // A modern client answers nothing: its answers come with the retry.
    async respond() {},
    close(how) {
      ended.abort();
      held.close();
      return session.close(how);
    },
  };
}
