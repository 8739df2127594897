import { isObject } from "../../../json.ts";
import type { Ids } from "../../jsonrpc/id.ts";
import {
  exactParams,
  type NotificationMessage,
  type RequestMessage,
  request as requestMessage,
} from "../../jsonrpc/message.ts";
import type { Answer } from "../../protocol/answer.ts";
import { metaOf } from "../../protocol/meta.ts";
import type { Call, OnMessage, Transport } from "../../protocol/transport.ts";
import { type HeldEvent, step } from "../../translate/input-required.ts";
import { withoutModernMeta } from "../../translate/to-legacy.ts";
import { carryOut, type EffectContext } from "./effects.ts";
import { type Held, heldFor, nextAnswer } from "./held-request.ts";
import { LogFilter, passProgress } from "./notifications.ts";
import { declined, unknownState } from "./outcomes.ts";
import { destinationOf } from "./server-questions.ts";
import { isAccepted, UrlRetries } from "./url-retries.ts";

export interface HeldRequestsOptions {
  session: Transport;
  ids: Ids;
  /** Takes what is meant for the client, besides progress and logs of its requests. */
  onMessage: OnMessage;
  /** As the server gave it in its handshake. */
  serverInfo(): unknown;
}

/**
 * The requests of a modern client at a legacy server, each as one request there, however many rounds it takes here: what the
 * server asks goes to the client as `input_required`, and what the client's retry brings goes to the server as the answers
 * that it awaits (MCP 2026-07-28 "Multi Round-Trip Requests"). The state of each is a `HeldRequest`.
 */
export class HeldRequests {
  readonly #options: HeldRequestsOptions;
  readonly #all = new Set<Held>();
  /** Those whose client has questions, by the `requestState` that its retry will name. */
  readonly #byState = new Map<string, Held>();
  readonly #urlRetries = new UrlRetries();
  readonly #logs = new LogFilter();
  readonly #effects: EffectContext;

  constructor(options: HeldRequestsOptions) {
    this.#options = options;
    this.#effects = {
      session: options.session,
      outcomes: () => ({
        serverInfo: options.serverInfo(),
        retryAfterVisit: (error) => this.#urlRetries.add(error),
      }),
      happen: (held, event) => this.#happen(held, event),
      expectRetry: (requestState, held) => this.#byState.set(requestState, held),
      askElsewhere: (question) => this.#ask(question, undefined),
    };
  }

  /** One request of the client's: a new one, or the retry of one. See `Transport.request`. */
  request(call: Call): Promise<Answer> {
    return call.message.params.requestState === undefined ? this.#start(call) : this.#retry(call);
  }

  /** What the server says or asks that belongs to no request it names. */
  onMessage(message: NotificationMessage | RequestMessage): Promise<void> {
    return this.#receive(message, undefined);
  }

  close(): void {
    for (const held of this.#all) clearTimeout(held.timer);
  }

  #start(call: Call): Promise<Answer> {
    const { session, ids } = this.#options;
    const held = heldFor(call.message);
    this.#all.add(held);
    const params = withoutModernMeta(exactParams(call.message));
    const message = requestMessage(ids.next(), held.method, params);
    const onMessage: OnMessage = (received) => this.#receive(received, held);
    session.request({ message, signal: held.cancel.signal, onMessage }).then(
      (answer) => this.#happen(held, { kind: "finished", outcome: { kind: "answer", answer } }),
      (error: unknown) => this.#happen(held, { kind: "finished", outcome: { kind: "failure", error } }),
    );
    return nextAnswer(held, call);
  }

  /** The client's retry: its answers go to the server, and the request's answer to the retry. */
  #retry(call: Call): Promise<Answer> {
    const { requestState, inputResponses } = exactParams(call.message);
    const key = String(requestState);
    const responses = isObject(inputResponses) ? inputResponses : {};
    const visit = this.#urlRetries.take(key);
    if (visit) return isAccepted(responses) ? this.#start(call) : Promise.resolve(declined(visit));
    const held = this.#byState.get(key);
    if (!held) return Promise.resolve(unknownState());
    this.#byState.delete(key);
    held.meta = metaOf(call.message);
    const answer = nextAnswer(held, call);
    this.#happen(held, { kind: "retried", responses });
    return answer;
  }

  /** The one place where the state of a request changes. */
  #happen(held: Held, event: HeldEvent): void {
    const [state, effects] = step(held.state, event);
    held.state = state;
    for (const effect of effects) carryOut(held, effect, this.#effects);
    if (state.kind === "done") this.#forget(held);
  }

  #forget(held: Held): void {
    clearTimeout(held.timer);
    this.#all.delete(held);
    for (const [key, other] of this.#byState) if (other === held) this.#byState.delete(key);
    this.#logs.ended(held.meta);
  }

  /** Takes what the server says. @param from the request in whose answer it came, where the transport tells */
  async #receive(message: NotificationMessage | RequestMessage, from: Held | undefined): Promise<void> {
    if (message.kind === "request") return this.#ask(message, from);
    switch (message.method) {
      case "notifications/cancelled": {
        const id = JSON.stringify(exactParams(message).requestId);
        for (const held of this.#all) this.#happen(held, { kind: "withdrawn", id });
        return;
      }
      case "notifications/progress":
        return passProgress(message, this.#all);
      case "notifications/message": {
        if (!this.#logs.wants(message.params.level, from, this.#all)) return;
        const toClient = from?.waiting?.onMessage ?? this.#options.onMessage;
        return toClient(message);
      }
      // Modern clients learn it from the retry.
      case "notifications/elicitation/complete":
        return;
      default:
        return this.#options.onMessage(message);
    }
  }

  /** A request of the server's goes to the client as a question, or is answered here. */
  #ask(message: RequestMessage, from: Held | undefined): void {
    const to = destinationOf(message, from, this.#all);
    if (to.kind === "server") return void this.#options.session.respond(to.response);
    const { id, method } = message;
    this.#happen(to.held, { kind: "asked", input: { id, method, params: exactParams(message) } });
  }
}
