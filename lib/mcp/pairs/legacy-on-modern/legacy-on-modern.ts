// A legacy client with a modern server.
import { isObject, type JsonObject } from "../../../json.ts";
import { hostOf } from "../../../net/network-error.ts";
import type { Id, Ids } from "../../jsonrpc/id.ts";
import {
  errorResponse,
  exactParams,
  exactResult,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type ResponseMessage,
  request as requestMessage,
  resultResponse,
} from "../../jsonrpc/message.ts";
import { type Answer, answered, errorIn, type Refused } from "../../protocol/answer.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { type ClientIdentity, META_SUBSCRIPTION } from "../../protocol/meta.ts";
import { LISTEN, untagged } from "../../protocol/subscription.ts";
import type { Call, OnMessage, Transport } from "../../protocol/transport.ts";
import { createOutputShapes } from "../../translate/output-schema.ts";
import { legacyError, legacyResult } from "../../translate/to-legacy.ts";
import { withModernMeta } from "../../translate/to-modern.ts";
import type { EraTransport, Opened } from "../era-transport.ts";
import { throughRounds } from "../rounds.ts";
import { ClientInput, InputRefused } from "./client-input.ts";
import { ClientSettings } from "./client-settings.ts";
import { type Initialized, initializedFrom } from "./handshake.ts";
import { restOfRound } from "./rest-of-round.ts";

/** The client's handshake. */
type State =
  /** There was none, or not yet: requests go in our own name. */
  | { kind: "skipped"; client: ClientIdentity }
  /** The server is asked for what it offers. */
  | { kind: "discovering"; client: ClientIdentity }
  /** With what the server offers. */
  | { kind: "done"; client: ClientIdentity; capabilities: unknown };

/** Notifications of a legacy client's that have no place in the modern era. */
const LEGACY_ONLY = [
  "notifications/initialized",
  "notifications/progress",
  "notifications/roots/list_changed",
];
/** Who asks where the client does not say. */
const OURSELVES: ClientIdentity = { clientInfo: { name: "m2mcp", version: "0" }, capabilities: {} };

export interface LegacyOnModernOptions {
  endpoint: Endpoint;
  ids: Ids;
  /** The modern server. */
  transport: Transport;
  onMessage: OnMessage;
  /** Another process may have to go on with what the client is asked. */
  shared: boolean;
}

/**
 * A legacy client with a modern server: the handshake is answered from `server/discover`, each request gets its `_meta`,
 * `input_required` becomes requests to the client, one `subscriptions/listen` carries the changes.
 */
export const createLegacyOnModern = (options: LegacyOnModernOptions): EraTransport =>
  new LegacyOnModern(options);

class LegacyOnModern implements EraTransport {
  #state: State = { kind: "skipped", client: OURSELVES };
  readonly #ids: Ids;
  readonly #host: string;
  readonly #transport: Transport;
  readonly #settings: ClientSettings;
  readonly #input: ClientInput;
  readonly #shapes = createOutputShapes();
  readonly #shared: boolean;

  constructor({ endpoint, ids, transport, onMessage, shared }: LegacyOnModernOptions) {
    this.#ids = ids;
    this.#shared = shared;
    this.#host = hostOf(endpoint.url);
    this.#transport = transport;
    this.#input = new ClientInput(ids, this.#host);
    this.#settings = new ClientSettings({
      endpoint,
      ids,
      capabilities: () => (this.#state.kind === "done" ? this.#state.capabilities : undefined),
      listen: (id, notifications, signal, to) =>
        transport.request({ message: this.#modern(id, LISTEN, { notifications }), signal, onMessage: to }),
      onNotification: (message) => onMessage(toLegacy(message)),
    });
  }

  async open(first: Call): Promise<Opened> {
    if (first.message.method !== "initialize") return { kind: "opened", proven: false };
    const shaken = await this.#handshake(first);
    if (shaken.kind === "refused") return shaken;
    return { kind: "opened", proven: true, initialized: shaken.result, answer: shaken.answer };
  }

  /** The era knows none, so it is the question who the server is; again where a client begins anew. */
  async #handshake({ message, signal }: Call): Promise<Initialized | Refused> {
    const { clientInfo, capabilities } = message.params;
    const client: ClientIdentity = { clientInfo, capabilities };
    this.#state = { kind: "discovering", client };
    const question = this.#modern(this.#ids.next(), "server/discover", {});
    const discovery = await this.#transport.request({ message: question, signal, onMessage: async () => {} });
    const initialized = initializedFrom(message, discovery);
    if (initialized.kind === "refused") return initialized;
    this.#state = { kind: "done", client, capabilities: initialized.capabilities };
    return initialized;
  }

  async request(call: Call): Promise<Answer> {
    const { message } = call;
    if (message.method === "initialize") {
      const shaken = await this.#handshake(call);
      return shaken.kind === "refused" ? shaken : shaken.answer;
    }
    const own = this.#settings.answer(message);
    if (own) return own;
    try {
      return this.#legacyAnswer(message, await this.#send(call));
    } catch (error) {
      if (!(error instanceof InputRefused)) throw error;
      return answered(errorResponse(message.id, error.error));
    }
  }

  async notify(message: NotificationMessage): Promise<void> {
    if (message.method === "notifications/initialized") this.#settings.start();
    if (LEGACY_ONLY.includes(message.method)) return;
    const params = withModernMeta(exactParams(message), this.#state.client, undefined);
    await this.#transport.notify(notification(message.method, params));
  }

  rest(): void {
    this.#settings.rest();
  }

  async respond(message: ResponseMessage): Promise<void> {
    this.#input.respond(message);
  }

  close(how: "end" | "leave"): Promise<void> {
    this.#settings.close();
    return this.#transport.close(how);
  }

  #modern(id: Id, method: string, params: JsonObject): RequestMessage {
    return requestMessage(id, method, withModernMeta(params, this.#state.client, this.#settings.logLevel));
  }

  /** Sends one request, through its rounds of input. */
  #send({ message, signal, onMessage, continued }: Call): Promise<Answer> {
    let id: Id | undefined;
    const gather = (wanted: JsonObject, requestState: unknown, responses: JsonObject = {}) => {
      const state = requestState === undefined ? {} : { requestState };
      return this.#input.gather(wanted, {
        capabilities: this.#state.client.capabilities,
        signal,
        onMessage,
        ...(this.#shared ? { continuable: { ...state, responses } } : {}),
      });
    };
    const toClient: OnMessage = (received) =>
      onMessage(received.kind === "notification" ? toLegacy(received) : received);
    return throughRounds(exactParams(message), {
      send: (params) => {
        // The client's own id at first; each round is a request of its own.
        id = id === undefined ? message.id : this.#ids.next();
        const round = this.#modern(id, message.method, params);
        return this.#transport.request({ message: round, signal, onMessage: toClient });
      },
      gather,
      signal,
      host: this.#host,
      continued: continued && (() => restOfRound(continued, gather)),
    });
  }

  /** The last answer of the rounds as one to the client's request. */
  #legacyAnswer(request: RequestMessage, answer: Answer): Answer {
    const modern = errorIn(answer);
    const error = modern && legacyError(modern, request.method, request.params);
    if (answer.kind === "refused") return error ? { ...answer, error } : answer;
    if (error) return answered(errorResponse(request.id, error));
    const result = legacyResult(exactResult(answer.message));
    return answered(resultResponse(request.id, this.#shapes.legacy(request, result)));
  }
}

/** The tag of the subscription that carries a notification is ours. */
function toLegacy(message: NotificationMessage): NotificationMessage {
  const { _meta } = message.params;
  return isObject(_meta) && META_SUBSCRIPTION in _meta
    ? notification(message.method, untagged(exactParams(message)))
    : message;
}
