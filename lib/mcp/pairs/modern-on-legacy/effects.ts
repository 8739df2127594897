import { startTimer } from "../../../timing/timer.ts";
import { errorResponse, type RequestMessage, request, resultResponse } from "../../jsonrpc/message.ts";
import type { HeldEffect, HeldEvent, Outcome } from "../../translate/input-required.ts";
import { continuationOf } from "./continuation.ts";
import type { Held } from "./held-request.ts";
import { inputRequired, modernOutcome, type OutcomeContext } from "./outcomes.ts";

/** Requests of a server's that come this close together go to the client in one round, in ms. */
const WINDOW_MS = 10;
/** How long a server's request waits for a client that does not come back, in ms. */
const RETRY_MS = 5 * 60_000;

/** What effects reach beyond their request. */
export interface EffectContext {
  /** Whether another process may have to go on with it. */
  shared: boolean;
  /** What the translation of an answer needs, as it is by now. */
  outcomes(): OutcomeContext;
  /** Tells a request what has happened to it. */
  happen(held: Held, event: HeldEvent): void;
  /** The client's retry will name this state. */
  expectRetry(requestState: string, held: Held): void;
  /** Finds another request to carry a question of the server's. */
  askElsewhere(question: RequestMessage): void;
}

/** Does what the step of a held request asks for: timers, and messages to the client and the server. */
export function carryOut(held: Held, effect: HeldEffect, context: EffectContext): void {
  const { happen, shared } = context;
  const session = held.at.transport;
  switch (effect.kind) {
    case "start_window":
      held.timer = startTimer(WINDOW_MS, () =>
        happen(held, { kind: "window_over", requestState: crypto.randomUUID() }),
      );
      return;
    case "start_retry_limit":
      held.timer = startTimer(RETRY_MS, () => happen(held, { kind: "gave_up" }));
      held.timer.keepAlive(false);
      return;
    case "stop_retry_limit":
      held.timer?.stop();
      return;
    case "ask_client": {
      const { waiting } = held;
      context.expectRetry(effect.requestState, held);
      waiting?.settle({
        kind: "answer",
        answer: inputRequired(
          waiting.id,
          effect.inputs,
          effect.requestState,
          shared ? continuationOf(held, effect.inputs) : undefined,
        ),
      });
      return;
    }
    case "answer_client":
      held.waiting?.settle(outcomeFor(held, effect.outcome, context));
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
      for (const { id, method, params } of effect.inputs) context.askElsewhere(request(id, method, params));
  }
}

/** Whatever an answer is made of, the client does not wait for it in vain. */
function outcomeFor(held: Held, outcome: Outcome, context: EffectContext): Outcome {
  try {
    return modernOutcome(held, outcome, context.outcomes());
  } catch (error) {
    return { kind: "failure", error };
  }
}
