// The held request as a table: state and event, then the next state and what is to be done.
import { describe, expect, test } from "bun:test";
import { resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { answered } from "../../../lib/mcp/protocol/answer.ts";
import {
  type HeldEffect,
  type HeldEvent,
  type HeldRequest,
  type Input,
  keyOf,
  type Outcome,
  step,
  takesInput,
} from "../../../lib/mcp/translate/input-required.ts";

const input = (id: string): Input => ({ id, method: "elicitation/create", params: { message: id } });
const [A, B] = [input("1"), input('"b"')];
const outcome: Outcome = { kind: "answer", answer: answered(resultResponse("9", {})) };
const failure: Outcome = { kind: "failure", error: new Error("cut") };

const running: HeldRequest = { kind: "running" };
const collecting = (...inputs: Input[]): HeldRequest => ({ kind: "collecting", inputs });
const awaiting = (...inputs: Input[]): HeldRequest => ({ kind: "awaiting_retry", requestState: "r", inputs });
const early = (...inputs: Input[]): HeldRequest => ({
  kind: "answered_early",
  requestState: "r",
  inputs,
  outcome,
});
const abandoned: HeldRequest = { kind: "abandoned" };
const done: HeldRequest = { kind: "done" };

const asked = (one: Input): HeldEvent => ({ kind: "asked", input: one });
const withdrawn = (id: string): HeldEvent => ({ kind: "withdrawn", id });
const windowOver: HeldEvent = { kind: "window_over", requestState: "r" };
const retried = (responses: object): HeldEvent => ({ kind: "retried", responses: { ...responses } });
const finished = (how: Outcome): HeldEvent => ({ kind: "finished", outcome: how });
const gaveUp: HeldEvent = { kind: "gave_up" };

const elsewhere = (...inputs: Input[]): HeldEffect => ({ kind: "ask_elsewhere", inputs });
const answerClient = (how: Outcome): HeldEffect => ({ kind: "answer_client", outcome: how });
const answerServer = (one: Input, result: object): HeldEffect => ({
  kind: "answer_server",
  input: one,
  result: { ...result },
});
const stopLimit: HeldEffect = { kind: "stop_retry_limit" };

type Row = [what: string, state: HeldRequest, event: HeldEvent, next: HeldRequest, effects: HeldEffect[]];

describe("a held request", () => {
  test.each<Row>([
    [
      "is asked for the first time: others may follow soon",
      running,
      asked(A),
      collecting(A),
      [{ kind: "start_window" }],
    ],
    ["is asked for more in time", collecting(A), asked(B), collecting(A, B), []],
    ["is asked the same again", collecting(A, B), asked(A), collecting(B, A), []],
    ["is asked while the client has the questions", awaiting(A), asked(B), awaiting(A, B), []],
    ["is asked though it has its answer", early(A), asked(B), early(A), [elsewhere(B)]],
    ["is asked though nobody comes back for it", abandoned, asked(B), abandoned, [elsewhere(B)]],
    ["is asked though it is over", done, asked(B), done, [elsewhere(B)]],

    ["loses a question that it collected", collecting(A, B), withdrawn("1"), collecting(B), []],
    ["loses its last question", collecting(A), withdrawn("1"), collecting(), []],
    ["loses a question that the client has", awaiting(A, B), withdrawn('"b"'), awaiting(A), []],
    ["keeps those that were not withdrawn", awaiting(A), withdrawn('"1"'), awaiting(A), []],
    ["has no question to lose", running, withdrawn("1"), running, []],

    [
      "gives the client what it collected",
      collecting(A, B),
      windowOver,
      awaiting(A, B),
      [{ kind: "start_retry_limit" }, { kind: "ask_client", requestState: "r", inputs: [A, B] }],
    ],
    ["gives the client nothing where all was withdrawn", collecting(), windowOver, running, []],
    ["was answered before the time to collect was over", done, windowOver, done, []],

    [
      "is retried with all answers",
      awaiting(A, B),
      retried({ 1: { a: 1 }, b: { b: 2 } }),
      running,
      [stopLimit, answerServer(A, { a: 1 }), answerServer(B, { b: 2 })],
    ],
    [
      "is retried with some of them: the others are asked again",
      awaiting(A, B),
      retried({ b: {} }),
      collecting(A),
      [stopLimit, answerServer(B, {}), { kind: "start_window" }],
    ],
    [
      "is retried with what is no answer",
      awaiting(A),
      retried({ 1: "yes", 2: {} }),
      collecting(A),
      [stopLimit, { kind: "start_window" }],
    ],
    ["is retried where all was withdrawn", awaiting(), retried({}), running, [stopLimit]],
    [
      "is retried and has its answer: what the server asked is another's",
      early(A),
      retried({ 1: {} }),
      done,
      [stopLimit, answerClient(outcome), elsewhere(A)],
    ],
    ["is retried with nothing left to ask", early(), retried({}), done, [stopLimit, answerClient(outcome)]],
    [
      "is retried after it was given up: it goes on for who came back",
      abandoned,
      retried({ 1: {} }),
      running,
      [],
    ],
    ["is retried by nobody who waits", running, retried({}), running, []],

    ["is answered", running, finished(outcome), done, [answerClient(outcome)]],
    ["fails", running, finished(failure), done, [answerClient(failure)]],
    [
      "is answered before its questions were told: another asks them",
      collecting(A, B),
      finished(outcome),
      done,
      [answerClient(outcome), elsewhere(A, B)],
    ],
    [
      "is answered with all questions withdrawn",
      collecting(),
      finished(outcome),
      done,
      [answerClient(outcome)],
    ],
    ["is answered while the client has the questions", awaiting(A), finished(outcome), early(A), []],
    ["is answered after nobody came back", abandoned, finished(outcome), done, []],
    ["is answered twice", done, finished(outcome), done, []],

    [
      "waits in vain for its retry",
      awaiting(A, B),
      gaveUp,
      abandoned,
      [
        { kind: "decline", input: A },
        { kind: "decline", input: B },
      ],
    ],
    ["waits in vain, with its answer", early(A), gaveUp, done, [{ kind: "decline", input: A }]],
    ["is waited for no longer", running, gaveUp, running, []],
  ])("%s", (_what, state, event, next, effects) => {
    expect(step(state, event)).toEqual([next, effects]);
  });
});

test("carries a question while it is neither answered nor given up", () => {
  expect([running, collecting(A), awaiting(A), early(A), abandoned, done].map(takesInput)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("a question goes by its id in words, and no two by the same", () => {
  const ids = [
    "1",
    '"b"',
    '"1"',
    "1.5",
    '"\\"1\\""',
    "1234567890123456789",
    "1234567890123456790",
    '"-1"',
    "-1",
  ];
  const keys = ids.map((id) => keyOf(input(id)));
  expect(keys.slice(0, 4)).toEqual(["1", "b", '"1"', "1.5"]);
  expect(new Set(keys).size).toBe(ids.length);
});

test("whatever happens in whatever order, the client is answered once and each question has one end", () => {
  let seed = 7;
  const below = (limit: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  for (let run = 0; run < 2000; run++) {
    let state: HeldRequest = running;
    let told = 0;
    let serial = 0;
    let isFinished = false;
    const open = new Set<string>();
    for (let at = 0; at < 30; at++) {
      const events: HeldEvent[] = [asked(input(`${++serial}`)), windowOver, gaveUp];
      // The server answers once.
      if (!isFinished) events.push(finished(outcome));
      if (state.kind === "awaiting_retry" || state.kind === "answered_early" || state.kind === "abandoned")
        events.push(
          retried(
            Object.fromEntries(
              ("inputs" in state ? state.inputs : [])
                .filter(() => below(2) === 0)
                .map((one) => [keyOf(one), {}]),
            ),
          ),
        );
      const event = events[below(events.length)] ?? gaveUp;
      if (event.kind === "asked") open.add(event.input.id);
      isFinished ||= event.kind === "finished";
      const [next, effects] = step(state, event);
      for (const effect of effects) {
        if (effect.kind === "answer_client") told++;
        if (effect.kind === "answer_server" || effect.kind === "decline")
          expect(open.delete(effect.input.id)).toBe(true);
        if (effect.kind === "ask_elsewhere")
          for (const { id } of effect.inputs) expect(open.delete(id)).toBe(true);
      }
      state = next;
    }
    expect(told).toBeLessThanOrEqual(1);
    const held: readonly Input[] = "inputs" in state ? state.inputs : [];
    expect([...open].sort()).toEqual(held.map(({ id }) => id).sort());
  }
});
