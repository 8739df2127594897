// A modern client with a legacy server.
import { type JsonObject, objectOf } from "../../../json.ts";
import { hostOf } from "../../../net/network-error.ts";
import type { Ids } from "../../jsonrpc/id.ts";
import {
  errorResponse,
  exactParams,
  type NotificationMessage,
  notification,
  type RequestMessage,
  request as requestMessage,
  resultResponse,
} from "../../jsonrpc/message.ts";
import { handshake } from "../../legacy/initialize.ts";
import { type Answer, answered } from "../../protocol/answer.ts";
import { joinedCapabilities } from "../../protocol/capabilities.ts";
import type { Endpoint, SavedSession, ServerEra } from "../../protocol/endpoint.ts";
import { META_CAPABILITIES, META_CLIENT, metaOf } from "../../protocol/meta.ts";
import { onlyReads } from "../../protocol/repeat-idempotent.ts";
import { LISTEN } from "../../protocol/subscription.ts";
import type { Call, OnMessage, Transport } from "../../protocol/transport.ts";
import { modernRefusal } from "../../translate/modern-rules.ts";
import { withoutModernMeta } from "../../translate/to-legacy.ts";
import { discoverResult } from "../../translate/to-modern.ts";
import type { EraTransport, Opened, SessionTransport } from "../era-transport.ts";
import { HeldRequests } from "./held-requests.ts";
import { SessionLogLevel } from "./session-log-level.ts";
import { isChange, Subscriptions } from "./subscriptions.ts";

/** The session that serves all requests. */
type State =
  | { kind: "none" }
  /** The handshake is under way, in the name of the client whose request came first. */
  | { kind: "opening"; done: Promise<Opened> }
  | OpenState;

interface OpenState {
  kind: "open";
  /** What the server said of itself. */
  initialized: JsonObject;
  /** What it was told in the handshake that the client can be asked for. */
  declared: JsonObject;
  /** More than reading was done: the server may keep what came of it there. */
  isUsed: boolean;
}

export interface ModernOnLegacyOptions {
  endpoint: Endpoint;
  era: ServerEra;
  ids: Ids;
  onMessage: OnMessage;
  /** Another process may have to go on with what the client is asked. */
  shared: boolean;
  /** Makes the transport of a legacy session; of one that another process has opened, where that is given. */
  openSession(onMessage: OnMessage, resumed?: SavedSession): SessionTransport;
}

/**
 * A modern client with a legacy server: one session serves all its requests; what the server asks becomes
 * `input_required`, and the retry the answer that the server awaits; `subscriptions/listen` becomes the standalone stream
 * and `resources/subscribe`.
 */
export const createModernOnLegacy = (options: ModernOnLegacyOptions): EraTransport =>
  new ModernOnLegacy(options);

class ModernOnLegacy implements EraTransport {
  #state: State = { kind: "none" };
  readonly #options: ModernOnLegacyOptions;
  readonly #session: Transport;
  readonly #requests: HeldRequests;
  readonly #subscriptions: Subscriptions;
  readonly #logLevel: SessionLogLevel;
  readonly #ended = new AbortController();
  readonly #onMessage: OnMessage = (message) => this.#requests.onMessage(message);
  /** Asks the server something for ourselves. */
  readonly #ask = (method: string, params: JsonObject): Promise<Answer> =>
    this.#session.request({
      message: requestMessage(this.#options.ids.next(), method, params),
      signal: this.#ended.signal,
      onMessage: this.#onMessage,
    });

  constructor(options: ModernOnLegacyOptions) {
    const { endpoint, ids } = options;
    this.#options = options;
    const session = options.openSession(this.#onMessage);
    this.#session = session.transport;
    this.#requests = new HeldRequests({
      session,
      resumeSession: options.openSession,
      shared: options.shared,
      host: hostOf(endpoint.url),
      ids,
      onMessage: (message) => this.#receive(message),
      serverInfo: () => this.#initialized?.serverInfo,
    });
    const [ask, ended] = [this.#ask, this.#ended.signal];
    this.#subscriptions = new Subscriptions({ host: hostOf(endpoint.url), ask, ended });
    this.#logLevel = new SessionLogLevel(ask);
  }

  open(first: Call): Promise<Opened> {
    switch (this.#state.kind) {
      case "open":
        return Promise.resolve({ kind: "opened", proven: true, initialized: this.#state.initialized });
      case "opening":
        return this.#state.done;
      case "none":
        return this.#begin(first);
    }
  }

  /** @param former the session that there is, which stays where the server will have no other */
  #begin(first: Call, former?: OpenState): Promise<Opened> {
    const done = this.#handshake(first, former);
    this.#state = { kind: "opening", done };
    return done;
  }

  async request(call: Call): Promise<Answer> {
    const { message } = call;
    const problem = modernRefusal(message);
    if (problem) return answered(errorResponse(message.id, problem));
    if (this.#state.kind === "open" && this.#offersMore(this.#state, message))
      void this.#begin(call, this.#state);
    if (this.#state.kind !== "open") {
      const opened = await this.open(call);
      if (opened.kind === "refused") return opened;
      call.signal.throwIfAborted();
    }
    const initialized = this.#initialized ?? {};
    if (message.method === "server/discover")
      return answered(resultResponse(message.id, discoverResult(initialized)));
    if (message.method === LISTEN) return this.#subscriptions.listen(call, initialized.capabilities);
    if (this.#state.kind === "open") this.#state.isUsed ||= !onlyReads(message.method);
    await this.#logLevel.follow(metaOf(message), initialized.capabilities);
    return this.#requests.request(call);
  }

  notify(message: NotificationMessage): Promise<void> {
    return this.#session.notify(notification(message.method, withoutModernMeta(exactParams(message))));
  }

  /** A modern client answers nothing: its answers come with the retry. */
  async respond(): Promise<void> {}

  close(how: "end" | "leave"): Promise<void> {
    this.#ended.abort();
    this.#requests.close();
    return this.#session.close(how);
  }

  get #initialized(): JsonObject | undefined {
    return this.#state.kind === "open" ? this.#state.initialized : undefined;
  }

  /**
   * Whether a request's client can be asked for more than was declared in the handshake (MCP 2026-07-28 "Statelessness": each
   * request says so anew). Another is shaken then, where nothing belongs to the session that there is.
   */
  #offersMore({ declared, isUsed }: OpenState, message: RequestMessage): boolean {
    if (this.#options.era !== "legacy") return false;
    if (isUsed || !this.#requests.areNone || !this.#subscriptions.areNone) return false;
    const all = joinedCapabilities(declared, objectOf(metaOf(message)[META_CAPABILITIES]));
    return JSON.stringify(all) !== JSON.stringify(declared);
  }

  /** The handshake in the name of the client whose request comes first. What fails may be tried again. */
  async #handshake({ message, signal }: Call, former?: OpenState): Promise<Opened> {
    const { [META_CLIENT]: clientInfo, [META_CAPABILITIES]: offered } = metaOf(message);
    const declared = joinedCapabilities(former?.declared ?? {}, objectOf(offered));
    const client = { clientInfo, capabilities: declared };
    const asked = { ...this.#options, client, signal, onMessage: this.#onMessage };
    const open = (state: OpenState): Opened => {
      this.#state = state;
      return { kind: "opened", proven: true, initialized: state.initialized };
    };
    try {
      const hand = await handshake(this.#session, asked);
      if (hand.kind === "initialized") {
        this.#logLevel.forget();
        return open({ kind: "open", initialized: hand.result, declared, isUsed: false });
      }
      // It is not asked for again and again.
      if (former) return open({ ...former, declared });
      this.#state = { kind: "none" };
      return hand;
    } catch (error) {
      // One that was given up says nothing of the next.
      if (former) return open(signal.aborted ? former : { ...former, declared });
      this.#state = { kind: "none" };
      throw error;
    }
  }

  /** What belongs to no request of the client's: changes go to those who subscribed to them. */
  #receive(message: NotificationMessage | RequestMessage): Promise<void> {
    return isChange(message) ? this.#subscriptions.deliver(message) : this.#options.onMessage(message);
  }
}
