// Attempts at an era that failed: what they say of other eras, and which came furthest.
import { describe, expect, test } from "bun:test";
import { EXIT, M2mcpError } from "../../../lib/failure.ts";
import {
  type AttemptFailure,
  asAttemptFailure,
  distanceOf,
  erasAfter,
} from "../../../lib/mcp/connection/failures.ts";
import type { Refused } from "../../../lib/mcp/protocol/answer.ts";
import type { ServerEra } from "../../../lib/mcp/protocol/endpoint.ts";
import { endpointElsewhere, oldTransport, wrongContentType } from "../../../lib/mcp/protocol/errors.ts";
import {
  connectionFailed,
  invalidAnswer,
  redirectRefused,
  streamCut,
  streamEndedInError,
  timedOut,
} from "../../../lib/net/errors.ts";

const refusal = (status: number, more: Omit<Refused, "kind" | "status"> = {}): AttemptFailure => ({
  kind: "refused",
  refusal: { kind: "refused", status, ...more },
});
const thrown = (error: M2mcpError): AttemptFailure => ({ kind: "thrown", error });
const notAuthorized = new M2mcpError("not_authorized", EXIT.auth, "no");
const error = (code: number) => ({ error: { code, message: "no" } });

describe("what is thrown while an era is opened", () => {
  const NONSENSE = [
    wrongContentType("h", "text/html"),
    invalidAnswer("h", "x"),
    streamEndedInError("h", "x"),
    redirectRefused("h", "x", "elsewhere"),
  ];
  const NETWORK = [streamCut("h"), timedOut("h", 1), connectionFailed("h", "x")];
  test.each<[what: string, era: ServerEra, isGuess: boolean, errors: unknown[], goesOn: boolean]>([
    [
      "a question of our own is refused, or answered with nonsense",
      "modern",
      true,
      [...NONSENSE, notAuthorized],
      true,
    ],
    ["a client's question is", "modern", false, [...NONSENSE, notAuthorized], false],
    ["the network fails", "modern", true, NETWORK, false],
    ["a handshake is answered with nonsense", "legacy", true, [...NONSENSE, notAuthorized], false],
    [
      "a handshake is answered with a stream of the old transport",
      "legacy",
      false,
      [oldTransport("h")],
      true,
    ],
    ["a question is", "modern", false, [oldTransport("h")], true],
    ["there is no stream of the old transport", "sse", false, [wrongContentType("h", "text/html")], true],
    ["that stream leads elsewhere", "sse", false, [endpointElsewhere("h", "x")], true],
    ["that stream cannot be had", "sse", false, [...NETWORK, notAuthorized], false],
    ["it is a fault of our own", "modern", true, [new TypeError("own")], false],
  ])("%s", (_what, era, isGuess, errors, goesOn) => {
    const attempted = { era, isGuess, isReading: false };
    for (const failure of errors) expect(asAttemptFailure(attempted, failure) !== undefined).toBe(goesOn);
  });

  test("a cut of what only reads, and of nothing else: it may have been acted on", () => {
    for (const [isReading, isGuess, goesOn] of [
      [true, true, true],
      [false, true, false],
      [true, false, false],
    ] as const)
      expect(asAttemptFailure({ era: "modern", isGuess, isReading }, streamCut("h")) !== undefined).toBe(
        goesOn,
      );
  });
});

describe("the eras that are asked next", () => {
  test.each<[what: string, era: ServerEra, isGuess: boolean, failure: AttemptFailure, next: ServerEra[]]>([
    ["after a question of our own, whatever its refusal", "modern", true, refusal(500), ["legacy"]],
    ["after nonsense", "modern", true, thrown(invalidAnswer("h", "x")), ["legacy"]],
    ["after a client's question, where it may be the era", "modern", false, refusal(400), ["legacy"]],
    ["after a client's question, where it tells nothing", "modern", false, refusal(503), []],
    ["after a handshake that nobody knows", "legacy", false, refusal(404), ["sse", "modern"]],
    [
      "after a handshake that a modern server refused",
      "legacy",
      false,
      refusal(400, error(-32022)),
      ["modern"],
    ],
    ["after a handshake that was refused for its own sake", "legacy", false, refusal(403), []],
    [
      "after a stream of the old transport in answer to a POST",
      "legacy",
      false,
      thrown(oldTransport("h")),
      ["sse"],
    ],
    ["after no such stream", "sse", false, refusal(405, { isUnsent: true }), ["legacy", "modern"]],
    ["after what is none", "sse", false, thrown(wrongContentType("h", null)), ["legacy", "modern"]],
  ])("%s", (_what, era, isGuess, failure, next) => {
    expect(erasAfter(era, isGuess, failure)).toEqual(next);
  });
});

test("of two failures the one is told that came further", () => {
  /** From the least to the furthest; those of a row came as far. */
  const order: [ServerEra, AttemptFailure][][] = [
    [
      ["legacy", refusal(404)],
      ["legacy", refusal(405)],
      ["legacy", refusal(501)],
      ["modern", thrown(wrongContentType("h", null))],
      ["sse", refusal(405, { isUnsent: true })],
      ["sse", thrown(wrongContentType("h", null))],
    ],
    [
      ["legacy", refusal(404, error(-32601))],
      ["legacy", refusal(400, error(-32602))],
    ],
    [
      ["legacy", refusal(403)],
      ["legacy", refusal(500)],
      ["modern", thrown(notAuthorized)],
      ["sse", refusal(403, { isUnsent: true })],
    ],
    [
      ["sse", refusal(403)],
      ["sse", refusal(404)],
      ["sse", thrown(endpointElsewhere("h", "x"))],
    ],
  ];
  const distances = order.map((row) => new Set(row.map(([era, failure]) => distanceOf(era, failure))));
  for (const distance of distances) expect(distance.size).toBe(1);
  const values = distances.map((distance) => [...distance][0] ?? Number.NaN);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  expect(new Set(values).size).toBe(order.length);
});
