// The words of one era in those of the other: pure functions of messages, without transports or timers.
import type { JsonObject } from "../../json.ts";
import { isObject } from "../../json.ts";
import type { Id } from "../jsonrpc/id.ts";
import type { Answer } from "../protocol/answer.ts";

/** What a legacy server asks of its client while it works on a request. */
export interface Input {
  /** The id of the server's request. */
  id: Id;
  method: string;
  params: JsonObject;
}

/** A request's answer, or why there is none. */
export type Outcome = { kind: "answer"; answer: Answer } | { kind: "failure"; error: unknown };

/**
 * One request of a modern client at a legacy server, held open there while the client gathers input (MCP 2026-07-28
 * "Multi Round-Trip Requests").
 */
export type HeldRequest =
  /** The client waits for the answer. */
  | { kind: "running" }
  /** The client waits; what the server asks close together goes to it in one round. */
  | { kind: "collecting"; inputs: readonly Input[] }
  /** The client has the questions; its retry brings the answers, under a state of this round's own. */
  | { kind: "awaiting_retry"; requestState: string; inputs: readonly Input[] }
  /** The server has answered without waiting for the retry, which gets the answer. */
  | { kind: "answered_early"; requestState: string; inputs: readonly Input[]; outcome: Outcome }
  /** The client did not come back; the server works on. */
  | { kind: "abandoned" }
  | { kind: "done" };

export type HeldEvent =
  | { kind: "asked"; input: Input }
  /** The server wants no answer to its request any more. */
  | { kind: "withdrawn"; id: Id }
  /** The time for collecting is over. @param requestState for this round */
  | { kind: "window_over"; requestState: string }
  | { kind: "retried"; responses: JsonObject }
  | { kind: "finished"; outcome: Outcome }
  /** The client was waited for long enough. */
  | { kind: "gave_up" };

export type HeldEffect =
  | { kind: "start_window" }
  | { kind: "start_retry_limit" }
  | { kind: "stop_retry_limit" }
  /** The client's request is answered with the questions. */
  | { kind: "ask_client"; requestState: string; inputs: readonly Input[] }
  | { kind: "answer_client"; outcome: Outcome }
  | { kind: "answer_server"; input: Input; result: JsonObject }
  | { kind: "decline"; input: Input }
  /** It was not this request that the server asked for: another carries the question. */
  | { kind: "ask_elsewhere"; inputs: readonly Input[] };

type Step = [state: HeldRequest, effects: HeldEffect[]];

/** Whether the request can carry a question of the server's to the client. */
export const takesInput = ({ kind }: HeldRequest): boolean =>
  kind === "running" || kind === "collecting" || kind === "awaiting_retry";

/** What becomes of a held request: pure; timers and messages are effects. */
export function step(state: HeldRequest, event: HeldEvent): Step {
  switch (event.kind) {
    case "asked":
      return asked(state, event.input);
    case "withdrawn":
      return "inputs" in state
        ? [{ ...state, inputs: state.inputs.filter(({ id }) => id !== event.id) }, []]
        : [state, []];
    case "window_over":
      return windowOver(state, event.requestState);
    case "retried":
      return retried(state, event.responses);
    case "finished":
      return finished(state, event.outcome);
    case "gave_up":
      return gaveUp(state);
  }
}

function asked(state: HeldRequest, input: Input): Step {
  if (state.kind === "running") return [{ kind: "collecting", inputs: [input] }, [{ kind: "start_window" }]];
  if (state.kind === "collecting" || state.kind === "awaiting_retry") {
    const others = state.inputs.filter(({ id }) => id !== input.id);
    return [{ ...state, inputs: [...others, input] }, []];
  }
  return [state, [{ kind: "ask_elsewhere", inputs: [input] }]];
}

function windowOver(state: HeldRequest, requestState: string): Step {
  if (state.kind !== "collecting") return [state, []];
  const { inputs } = state;
  if (inputs.length === 0) return [{ kind: "running" }, []];
  return [
    { kind: "awaiting_retry", requestState, inputs },
    [{ kind: "start_retry_limit" }, { kind: "ask_client", requestState, inputs }],
  ];
}

/** What was left unanswered is asked again. */
function retried(state: HeldRequest, responses: JsonObject): Step {
  if (state.kind === "answered_early")
    return [{ kind: "done" }, [{ kind: "stop_retry_limit" }, ...answers(state.outcome, state.inputs)]];
  // The client has come back after all: the server has its refusals by now, the client waits for what that comes to.
  if (state.kind === "abandoned") return [{ kind: "running" }, []];
  if (state.kind !== "awaiting_retry") return [state, []];
  const effects: HeldEffect[] = [{ kind: "stop_retry_limit" }];
  const open = state.inputs.filter((input) => {
    const result = responses[keyOf(input)];
    if (!isObject(result)) return true;
    effects.push({ kind: "answer_server", input, result });
    return false;
  });
  if (open.length === 0) return [{ kind: "running" }, effects];
  return [{ kind: "collecting", inputs: open }, [...effects, { kind: "start_window" }]];
}

function finished(state: HeldRequest, outcome: Outcome): Step {
  switch (state.kind) {
    case "running":
      return [{ kind: "done" }, answers(outcome, [])];
    case "collecting":
      return [{ kind: "done" }, answers(outcome, state.inputs)];
    case "awaiting_retry": {
      const { requestState, inputs } = state;
      return [{ kind: "answered_early", requestState, inputs, outcome }, []];
    }
    default:
      return [{ kind: "done" }, []];
  }
}

function gaveUp(state: HeldRequest): Step {
  if (state.kind !== "awaiting_retry" && state.kind !== "answered_early") return [state, []];
  const declined: HeldEffect[] = state.inputs.map((input) => ({ kind: "decline", input }));
  return [{ kind: state.kind === "awaiting_retry" ? "abandoned" : "done" }, declined];
}

const answers = (outcome: Outcome, inputs: readonly Input[]): HeldEffect[] => [
  { kind: "answer_client", outcome },
  ...(inputs.length > 0 ? [{ kind: "ask_elsewhere", inputs } as const] : []),
];

/**
 * The key of a question in `inputRequests` and of its answer in `inputResponses`, which must be its alone: numbers stay as they
 * are written, beyond a double too, and a text that might be one keeps its quotes.
 */
export function keyOf({ id }: Input): string {
  const text: unknown = JSON.parse(id);
  return typeof text === "string" && !/^["\d-]/.test(text) ? text : id;
}
