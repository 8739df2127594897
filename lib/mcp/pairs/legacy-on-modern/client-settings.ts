import { isObject, type JsonObject } from "../../../json.ts";
import type { Ids } from "../../jsonrpc/id.ts";
import {
  errorResponse,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  type NotificationMessage,
  type RequestMessage,
  type RpcError,
  resultResponse,
} from "../../jsonrpc/message.ts";
import {
  createStandingSubscription,
  type StandingSubscription,
  type StandingSubscriptionOptions,
  SubscriptionRefused,
} from "../../modern/standing-subscription.ts";
import { type Answer, answered, toRpcError } from "../../protocol/answer.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { LOG_LEVELS } from "../../protocol/meta.ts";
import { type Filter, listChanges, offered } from "../../protocol/subscription.ts";

/** What stands for the capabilities of a server that was not asked for them. */
const SUBSCRIBES = { resources: { subscribe: true } };

export interface ClientSettingsOptions {
  endpoint: Endpoint;
  ids: Ids;
  /** The server's; undefined when the client skipped the handshake. */
  capabilities(): unknown;
  /** Sends `subscriptions/listen`; resolves when its stream has ended. */
  listen: StandingSubscriptionOptions["request"];
  /** Takes the changes that the client hears of. */
  onNotification(message: NotificationMessage): Promise<void>;
}

/**
 * What a legacy client sets for its session and a modern server knows for each request alone: the log level goes into the
 * `_meta` of requests, and one `subscriptions/listen` carries the changes of all that is subscribed to.
 */
export class ClientSettings {
  #logLevel: string | undefined;
  readonly #capabilities: () => unknown;
  /** The resources that are subscribed to. */
  readonly #uris = new Set<string>();
  /** Nobody is there to be told. */
  #isResting = false;
  readonly #standing: StandingSubscription;

  constructor({ endpoint, ids, capabilities, listen, onNotification }: ClientSettingsOptions) {
    this.#capabilities = capabilities;
    this.#standing = createStandingSubscription({
      endpoint,
      ids,
      wanted: () => this.#filter(),
      request: listen,
      onNotification,
    });
  }

  /** For the `_meta` of the client's requests. */
  get logLevel(): string | undefined {
    return this.#logLevel;
  }

  /** The client is ready for notifications. */
  start(): void {
    this.#isResting = false;
    this.#standing.start();
  }

  /** The client hears nothing until it is ready again: there is no subscription until then. */
  rest(): void {
    if (this.#isResting) return;
    this.#isResting = true;
    void this.#standing.adapt().catch(() => {});
  }

  close(): void {
    this.#standing.close();
  }

  /** Answers what a legacy server answers and a modern one does not know; undefined for other requests. */
  answer(message: RequestMessage): Promise<Answer> | undefined {
    switch (message.method) {
      case "ping":
        return done(message, undefined);
      case "logging/setLevel":
        return done(message, this.#setLevel(message.params.level));
      case "resources/subscribe":
        return done(message, this.#subscribe(message.params));
      case "resources/unsubscribe":
        return done(message, this.#unsubscribe(message.params));
      default:
        return undefined;
    }
  }

  #filter(): Filter {
    if (this.#isResting) return {};
    return {
      ...listChanges(this.#capabilities()),
      ...(this.#uris.size > 0 ? { resourceSubscriptions: [...this.#uris] } : {}),
    };
  }

  #setLevel(level: unknown): RpcError | undefined {
    const capabilities = this.#capabilities();
    if (isObject(capabilities) && !("logging" in capabilities))
      return { code: METHOD_NOT_FOUND, message: "the server does not log" };
    if (typeof level !== "string" || !LOG_LEVELS.includes(level))
      return { code: INVALID_PARAMS, message: `level must be one of ${LOG_LEVELS.join(", ")}` };
    this.#logLevel = level;
    return undefined;
  }

  async #subscribe({ uri }: JsonObject): Promise<RpcError | undefined> {
    if (typeof uri !== "string") return NO_URI;
    if (!this.#canSubscribe(uri)) return NO_SUBSCRIPTIONS;
    this.#uris.add(uri);
    this.#isResting = false;
    try {
      const honoured = await this.#standing.adapt();
      if (honoured.resourceSubscriptions?.includes(uri)) return undefined;
      this.#uris.delete(uri);
      const message = "the server tells of no changes of this resource";
      return { code: INVALID_PARAMS, message, data: { uri } };
    } catch (error) {
      this.#uris.delete(uri);
      return errorOf(error);
    }
  }

  async #unsubscribe({ uri }: JsonObject): Promise<RpcError | undefined> {
    if (typeof uri !== "string") return NO_URI;
    if (!this.#canSubscribe(uri)) return NO_SUBSCRIPTIONS;
    this.#uris.delete(uri);
    return this.#standing.adapt().then(() => undefined, errorOf);
  }

  #canSubscribe(uri: string): boolean {
    const wanted = { resourceSubscriptions: [uri] };
    return offered(wanted, this.#capabilities() ?? SUBSCRIBES).resourceSubscriptions !== undefined;
  }
}

const NO_URI: RpcError = { code: INVALID_PARAMS, message: "uri must be a string" };
const NO_SUBSCRIPTIONS: RpcError = {
  code: METHOD_NOT_FOUND,
  message: "the server offers no subscriptions to resources",
};

const errorOf = (error: unknown): RpcError =>
  error instanceof SubscriptionRefused ? error.error : toRpcError(error);

async function done(
  { id }: RequestMessage,
  outcome: RpcError | undefined | Promise<RpcError | undefined>,
): Promise<Answer> {
  const error = await outcome;
  return answered(error ? errorResponse(id, error) : resultResponse(id, {}));
}
