import { type JsonObject, objectOf } from "../../../json.ts";
import { quietly } from "../../../timing/quietly.ts";
import { type Ids, idValue } from "../../jsonrpc/id.ts";
import {
  exactParams,
  type NotificationMessage,
  type RequestMessage,
  type RpcError,
  requestIdOf,
} from "../../jsonrpc/message.ts";
import type { Answer } from "../../protocol/answer.ts";
import type { SavedSession } from "../../protocol/endpoint.ts";
import type { Call, OnMessage } from "../../protocol/transport.ts";
import { type HeldEvent, step } from "../../translate/input-required.ts";
import type { SessionTransport } from "../era-transport.ts";
import { type Continuation, readContinuation } from "./continuation.ts";
import { carryOut, type EffectContext } from "./effects.ts";
import { asSent, type Held, heldFor, nextAnswer, saidOf, tellWaiting } from "./held-request.ts";
import { LogFilter, passProgress } from "./notifications.ts";
import { declined, unknownState } from "./outcomes.ts";
import { destinationOf } from "./server-questions.ts";
import { takeUp } from "./taken-up.ts";
import { isAccepted, UrlRetries } from "./url-retries.ts";

export interface HeldRequestsOptions {
  session: SessionTransport;
  /** Goes on in a session of the server's that another process has opened. */
  resumeSession(onMessage: OnMessage, session: SavedSession): SessionTransport;
  /** Whether another process may have to go on with a request. */
  shared: boolean;
  /** The server, for what is told of it. */
  host: string;
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
      shared: options.shared,
      outcomes: () => ({
        serverInfo: options.serverInfo(),
        retryAfterVisit: (error) => this.#urlRetries.add(error),
      }),
      happen: (held, event) => this.#happen(held, event),
      expectRetry: (requestState, held) => this.#byState.set(requestState, held),
      askElsewhere: (question) => this.#ask(question, undefined),
    };
  }

  get areNone(): boolean {
    return this.#all.size === 0;
  }

  /** One request of the client's: a new one, or the retry of one. See `Transport.request`. */
  request(call: Call): Promise<Answer> {
    const from = call.continued && readContinuation(call.continued.from);
    if (from) return this.#takeUp(call, from);
    return call.message.params.requestState === undefined ? this.#start(call) : this.#retry(call);
  }

  /** What the server says or asks that belongs to no request it names. */
  onMessage(message: NotificationMessage | RequestMessage): Promise<void> {
    return this.#receive(message, undefined);
  }

  close(): void {
    for (const held of this.#all) held.timer?.stop();
  }

  #start(call: Call): Promise<Answer> {
    const { session, ids, shared } = this.#options;
    const id = ids.next();
    const held = heldFor(call.message, { at: session, id, progressToken: idValue(id) });
    const message = asSent(held, call.message);
    this.#all.add(held);
    const onMessage: OnMessage = (received) => this.#receive(received, held);
    const onEventId = (id: string) => {
      held.lastEventId = id;
    };
    const sent = { message, signal: held.cancel.signal, onMessage };
    session.transport.request(shared ? { ...sent, onEventId } : sent).then(
      (answer) => this.#happen(held, { kind: "finished", outcome: { kind: "answer", answer } }),
      (error: unknown) => this.#happen(held, { kind: "finished", outcome: { kind: "failure", error } }),
    );
    return nextAnswer(held, call);
  }

  /** The client's retry of what another process has begun. */
  #takeUp(call: Call, from: Continuation): Promise<Answer> {
    const { inputResponses } = exactParams(call.message);
    const responses = objectOf(inputResponses);
    if (from.kind === "visit") return this.#afterVisit(call, from.error, responses);
    const { resumeSession, host } = this.#options;
    const onMessage: OnMessage = (received) => this.#receive(received, held);
    const at = resumeSession(onMessage, from.session);
    const held: Held = heldFor(call.message, { at, id: from.id, progressToken: from.progressToken });
    this.#all.add(held);
    const answer = nextAnswer(held, call);
    void takeUp(held, from, {
      host,
      responses,
      onMessage,
      askAgain: (question) => this.#ask(question, held),
      onFinished: (outcome) => this.#happen(held, { kind: "finished", outcome }),
    });
    return answer;
  }

  #afterVisit(call: Call, error: RpcError, responses: JsonObject): Promise<Answer> {
    return isAccepted(responses) ? this.#start(call) : Promise.resolve(declined(error));
  }

  /** The client's retry: its answers go to the server, and the request's answer to the retry. */
  #retry(call: Call): Promise<Answer> {
    const { requestState, inputResponses } = exactParams(call.message);
    const key = String(requestState);
    const responses = objectOf(inputResponses);
    const visit = this.#urlRetries.take(key);
    if (visit) return this.#afterVisit(call, visit, responses);
    const held = this.#byState.get(key);
    if (!held) return Promise.resolve(unknownState());
    this.#byState.delete(key);
    held.meta = saidOf(call.message);
    const answer = nextAnswer(held, call);
    for (const message of held.unheard) void quietly(this.#receive(message, held));
    held.unheard.clear();
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
    held.timer?.stop();
    this.#all.delete(held);
    for (const [key, other] of this.#byState) if (other === held) this.#byState.delete(key);
    this.#logs.ended(held.meta);
  }

  /** Takes what the server says. @param from the request in whose answer it came, where the transport tells */
  async #receive(message: NotificationMessage | RequestMessage, from: Held | undefined): Promise<void> {
    if (message.kind === "request") return this.#ask(message, from);
    switch (message.method) {
      case "notifications/cancelled": {
        const id = requestIdOf(message);
        if (id === undefined) return;
        for (const held of this.#all) this.#happen(held, { kind: "withdrawn", id });
        return;
      }
      case "notifications/progress":
        return passProgress(message, this.#all);
      case "notifications/message": {
        if (!this.#logs.wants(message.params.level, from, this.#all)) return;
        return from ? tellWaiting(from, message) : this.#options.onMessage(message);
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
    const { transport } = from?.at ?? this.#options.session;
    if (to.kind === "server") return void transport.respond(to.response);
    const { id, method } = message;
    this.#happen(to.held, { kind: "asked", input: { id, method, params: exactParams(message) } });
  }
}
