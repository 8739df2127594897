import { isObject, type JsonObject } from "../../json.ts";
import { follow } from "../../timing/linked-abort.ts";
import type { Id, Ids } from "../jsonrpc/id.ts";
import {
  errorResponse,
  exactParams,
  exactResult,
  INVALID_PARAMS,
  METHOD_NOT_FOUND,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { type Answer, answered, refused } from "../protocol/answer.ts";
import { INPUTS, missingCapability } from "../protocol/capabilities.ts";
import { LOG_LEVELS, logLevelOf, META_CAPABILITIES, metaOf } from "../protocol/meta.ts";
import type { Call, OnMessage, Transport } from "../protocol/transport.ts";
import {
  type HeldEffect,
  type HeldEvent,
  type HeldRequest,
  keyOf,
  type Outcome,
  step,
  takesInput,
} from "../translate/input-required.ts";
import { withoutModernMeta } from "../translate/to-legacy.ts";
import { completeResult, modernError, modernInput } from "../translate/to-modern.ts";
import { urlVisits } from "../translate/url-visits.ts";

/** Requests during which a server may ask for input (MCP 2026-07-28 "Supported Requests"). */
const TAKES_INPUT = ["tools/call", "prompts/get", "resources/read"];
/** Requests of a server's that come this close together go to the client in one round, in ms. */
const WINDOW_MS = 10;
/** How long a server's request waits for a client that does not come back, in ms. */
const RETRY_MS = 5 * 60_000;
/** A log message may come by another stream than its call's answer, and this much later, in ms. */
const LATE_LOG_MS = 2000;
/** States of calls to be sent again that are kept; a client that never comes back must not fill the memory. */
const MAX_VISITS = 1000;

/** A request at the legacy server, with the client's request that waits for it by now. */
interface Held {
  state: HeldRequest;
  method: string;
  /** What the client's latest request says of itself. */
  meta: JsonObject;
  /** The token that the server knows; the client's own changes with each round. */
  progressToken: unknown;
  /** The client's request that waits, while one does. */
  waiting: { id: Id; onMessage: OnMessage; settle(outcome: Outcome): void } | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Cancels the request at the server. */
  cancel: AbortController;
}

/** The requests of a modern client at a legacy server, each as one request there, however many rounds it takes here. */
export interface HeldRequests {
  /** One request of the client's: a new one, or the retry of one. See `Transport.request`. */
  request(call: Call): Promise<Answer>;
  /** What the server says or asks that belongs to no request it names. */
  onMessage: OnMessage;
  close(): void;
}

export interface HeldRequestsOptions {
  session: Transport;
  ids: Ids;
  /** Takes what is meant for the client, besides progress and logs of its requests. */
  onMessage: OnMessage;
  /** As the server gave it in its handshake. */
  serverInfo(): unknown;
}

/**
 * Holds the client's requests open at the server: what the server asks goes to the client as `input_required`, and what the
 * client's retry brings goes to the server as the answers that it awaits (MCP 2026-07-28 "Multi Round-Trip Requests").
 */
export function createHeldRequests(options: HeldRequestsOptions): HeldRequests {
  const { session, ids, serverInfo } = options;
  const all = new Set<Held>();
  const byState = new Map<string, Held>();
  /** Requests that are sent again, from the start, once the user has visited an address; by state. */
  const visits = new Map<string, RpcError>();
  /** Where a request has ended lately, its log messages may still be under way. */
  let late = { level: Number.POSITIVE_INFINITY, untilMs: 0 };

  function start(call: Call): Promise<Answer> {
    const { message } = call;
    const meta = metaOf(message);
    const held: Held = {
      state: { kind: "running" },
      method: message.method,
      meta,
      progressToken: meta.progressToken,
      waiting: undefined,
      timer: undefined,
      cancel: new AbortController(),
    };
    all.add(held);
    const params = withoutModernMeta(exactParams(message));
    const request = requestMessage(ids.next(), message.method, params);
    const toHeld: OnMessage = (told) => receive(told, held);
    session.request({ message: request, signal: held.cancel.signal, onMessage: toHeld }).then(
      (answer) => happen(held, { kind: "finished", outcome: { kind: "answer", answer } }),
      (error: unknown) => happen(held, { kind: "finished", outcome: { kind: "failure", error } }),
    );
    return turnOf(held, call);
  }

  /** The client's retry: its answers go to the server, and the request's answer to the retry. */
  function retry(call: Call): Promise<Answer> {
    const { requestState, inputResponses } = exactParams(call.message);
    const key = String(requestState);
    const visit = visits.get(key);
    const responses = isObject(inputResponses) ? inputResponses : {};
    if (visit) {
      visits.delete(key);
      const accepted = Object.values(responses).every((said) => isObject(said) && said.action === "accept");
      return accepted ? start(call) : Promise.resolve(declined(visit));
    }
    const held = byState.get(key);
    if (!held) return Promise.resolve(unknownState());
    byState.delete(key);
    held.meta = metaOf(call.message);
    const turn = turnOf(held, call);
    happen(held, { kind: "retried", responses });
    return turn;
  }

  /** Lets the client's request wait for what comes of the held one. */
  function turnOf(held: Held, { message, signal, onMessage }: Call): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const unlink = follow(signal, held.cancel);
      held.waiting = {
        id: message.id,
        onMessage,
        settle(outcome) {
          unlink();
          held.waiting = undefined;
          if (outcome.kind === "failure") reject(outcome.error);
          else resolve(outcome.answer);
        },
      };
    });
  }

  function happen(held: Held, event: HeldEvent): void {
    const [state, effects] = step(held.state, event);
    held.state = state;
    for (const effect of effects) carryOut(held, effect);
    if (state.kind === "done") forget(held);
  }

  function carryOut(held: Held, effect: HeldEffect): void {
    switch (effect.kind) {
      case "start_window": {
        const over = () => happen(held, { kind: "window_over", requestState: crypto.randomUUID() });
        held.timer = setTimeout(over, WINDOW_MS);
        return;
      }
      case "start_retry_limit":
        held.timer = setTimeout(() => happen(held, { kind: "gave_up" }), RETRY_MS);
        held.timer.unref?.();
        return;
      case "stop_retry_limit":
        clearTimeout(held.timer);
        return;
      case "ask_client": {
        byState.set(effect.requestState, held);
        const asked = effect.inputs.map((input) => [
          keyOf(input),
          { method: input.method, params: modernInput(input.params) },
        ]);
        answerClient(held, { inputRequests: Object.fromEntries(asked), requestState: effect.requestState });
        return;
      }
      case "answer_client":
        held.waiting?.settle(translated(held, effect.outcome));
        return;
      case "answer_server":
        void session.respond(resultResponse(effect.input.id, effect.result));
        return;
      case "decline":
        void session.respond(
          errorResponse(effect.input.id, { code: -32000, message: "the client gave no answer" }),
        );
        return;
      case "ask_elsewhere":
        for (const { id, method, params } of effect.inputs)
          ask(requestMessage(id, method, params), undefined);
    }
  }

  /** Answers the client's request with questions. */
  function answerClient(held: Held, required: JsonObject): void {
    const { waiting } = held;
    if (!waiting) return;
    const answer = answered(resultResponse(waiting.id, { resultType: "input_required", ...required }));
    waiting.settle({ kind: "answer", answer });
  }

  /** What the server said, as a modern server would say it to the client's request that waits. */
  function translated(held: Held, outcome: Outcome): Outcome {
    const id = held.waiting?.id;
    if (outcome.kind === "failure" || id === undefined) return outcome;
    const { answer } = outcome;
    if (answer.kind === "refused") {
      const { error } = answer;
      return { kind: "answer", answer: error ? { ...answer, error: modernError(error) } : answer };
    }
    const { error } = answer.message;
    const response = error
      ? answered(errorOf(held, id, error))
      : answered(resultResponse(id, completeResult(held.method, exactResult(answer.message), serverInfo())));
    return { kind: "answer", answer: response };
  }

  /** An error for the client; the one that asks for a visit to an address becomes `input_required`. */
  function errorOf(held: Held, id: Id, error: RpcError) {
    const wanted = urlVisits(error, held.meta[META_CAPABILITIES]);
    if (!wanted) return errorResponse(id, modernError(error));
    if ("error" in wanted) return errorResponse(id, wanted.error);
    const requestState = crypto.randomUUID();
    visits.set(requestState, error);
    for (const oldest of visits.keys()) if (visits.size > MAX_VISITS) visits.delete(oldest);
    return resultResponse(id, { resultType: "input_required", ...wanted, requestState });
  }

  function forget(held: Held): void {
    clearTimeout(held.timer);
    all.delete(held);
    for (const [key, other] of byState) if (other === held) byState.delete(key);
    const level = logLevelOf(held.meta);
    if (level < Number.POSITIVE_INFINITY) late = { level, untilMs: performance.now() + LATE_LOG_MS };
  }

  /** Takes what the server says. @param from the request in whose answer it came, where the transport tells */
  async function receive(message: NotificationMessage | RequestMessage, from?: Held): Promise<void> {
    if (message.kind === "request") return ask(message, from);
    const { method, params } = message;
    const toClient = from?.waiting?.onMessage ?? options.onMessage;
    switch (method) {
      case "notifications/cancelled": {
        const id = JSON.stringify(exactParams(message).requestId);
        for (const held of all) happen(held, { kind: "withdrawn", id });
        return;
      }
      case "notifications/progress":
        return progress(message);
      case "notifications/message":
        return wantsLog(params.level, from) ? toClient(message) : undefined;
      // Modern clients learn it from the retry.
      case "notifications/elicitation/complete":
        return;
      default:
        return options.onMessage(message);
    }
  }

  /** A request of the server's: goes to the client with the request it belongs to, or that most likely caused it. */
  function ask(message: RequestMessage, from: Held | undefined): void {
    const { id, method, params } = message;
    const refuse = (why: string) =>
      void session.respond(errorResponse(id, { code: METHOD_NOT_FOUND, message: why }));
    if (method === "ping") return void session.respond(resultResponse(id, {}));
    const takes = (held: Held) => TAKES_INPUT.includes(held.method) && takesInput(held.state);
    const held = from && takes(from) ? from : [...all].findLast(takes);
    if (!INPUTS.includes(method)) refuse(`${method} is not known here`);
    else if (!held) refuse("no call is under way that could carry the question");
    else if (missingCapability(held.meta[META_CAPABILITIES], method, params))
      refuse(`the client does not offer ${method}`);
    else happen(held, { kind: "asked", input: { id, method, params: exactParams(message) } });
  }

  /** Progress goes on under the token of the client's latest request, while that waits. */
  async function progress(message: NotificationMessage): Promise<void> {
    const token = message.params.progressToken;
    for (const { progressToken, waiting, meta } of all) {
      if (progressToken === undefined || progressToken !== token) continue;
      if (!waiting || meta.progressToken === undefined) return;
      if (meta.progressToken === token) return waiting.onMessage(message);
      const params = { ...exactParams(message), progressToken: meta.progressToken };
      return waiting.onMessage(notification(message.method, params));
    }
  }

  /** Log messages belong to a request that asked for them (MCP 2026-07-28 "Logging"). */
  function wantsLog(level: unknown, from: Held | undefined): boolean {
    const severity = LOG_LEVELS.indexOf(String(level));
    const requests = from ? [from] : [...all];
    const levels = requests.flatMap((held) => (held.waiting ? [logLevelOf(held.meta)] : []));
    if (!from && levels.length === 0 && performance.now() < late.untilMs) levels.push(late.level);
    return levels.some((wanted) => severity >= wanted);
  }

  return {
    request: (call) => (call.message.params.requestState === undefined ? start(call) : retry(call)),
    onMessage: (message) => receive(message),
    close() {
      for (const held of all) clearTimeout(held.timer);
    },
  };
}

const unknownState = (): Answer =>
  refused(400, {
    code: INVALID_PARAMS,
    message: "requestState is not known: the call it belongs to has ended",
  });

const declined = ({ message, data }: RpcError): Answer =>
  refused(400, { code: INVALID_PARAMS, message: `${message}; it was declined`, data });
