import { describe, expect, test } from "bun:test";
import { isPassing } from "../../../lib/failure.ts";
import { createIds, type Id } from "../../../lib/mcp/jsonrpc/id.ts";
import { errorResponse, notification, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { keepSubscription } from "../../../lib/mcp/modern/keep-subscription.ts";
import { type Answer, answered, refused } from "../../../lib/mcp/protocol/answer.ts";
import { isForGood } from "../../../lib/mcp/protocol/refusals/passing.ts";
import type { OnMessage } from "../../../lib/mcp/protocol/transport.ts";
import { connectionFailed, streamCut } from "../../../lib/net/errors.ts";

const ACKNOWLEDGED = notification("notifications/subscriptions/acknowledged", {
  notifications: { toolsListChanged: true },
});
const CHANGED = notification("notifications/tools/list_changed");
const over = (id: Id) => answered(resultResponse(id, { resultType: "complete" }));

/** What one opening of the stream does: its messages, and how it ends. */
type Step = (id: Id, onMessage: OnMessage) => Promise<Answer>;
/** A stream that stood, with these messages, and broke off. */
const stood =
  (...messages: ReturnType<typeof notification>[]): Step =>
  async (_id, onMessage) => {
    for (const message of [ACKNOWLEDGED, ...messages]) await onMessage(message);
    throw streamCut("h");
  };

/** Keeps a subscription through these openings; fails where there are more. */
async function keep(steps: Step[], outlivesEnd = false) {
  const ids: Id[] = [];
  const told: string[] = [];
  const abort = new AbortController();
  const end = await keepSubscription({
    endpoint: { log() {} },
    ids: createIds(),
    firstId: "7",
    signal: abort.signal,
    outlivesEnd,
    request(id, onMessage) {
      const step = steps[ids.length];
      ids.push(id);
      if (!step) abort.abort(new Error("no more"));
      return step ? step(id, onMessage) : Promise.reject(abort.signal.reason);
    },
    onAcknowledged: async (honoured, _message, again) =>
      void told.push(`${again ? "again" : "first"} ${Object.keys(honoured)}`),
    onNotification: async ({ method }) => void told.push(method),
  }).then(
    (ended) => (ended.kind === "answered" ? ended.answer : ended.kind),
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
  return { end, ids, told };
}

describe("a subscription", () => {
  test("ends with the server's answer", async () => {
    const { end, ids } = await keep([async (id) => over(id)]);
    expect(end).toMatchObject({ kind: "response" });
    expect(ids).toHaveLength(1);
  });

  test("that never stood ends with what became of it", async () => {
    expect((await keep([() => Promise.reject(connectionFailed("h", "x"))])).end).toBe("connection_failed");
    expect((await keep([async () => refused(500)])).end).toMatchObject({ status: 500 });
    expect(
      (await keep([async (id) => answered(errorResponse(id, { code: -32602, message: "no" }))])).end,
    ).toMatchObject({ kind: "response" });
  });

  test.concurrent("outlives its stream, under ids of our own, and hears that it stands again", async () => {
    const { end, ids, told } = await keep([stood(CHANGED), stood(CHANGED)]);
    expect(end).toBe("no more");
    expect(ids[0]).toBe("7");
    expect(new Set(ids).size).toBe(3);
    expect(told).toEqual([
      "first toolsListChanged",
      CHANGED.method,
      "again toolsListChanged",
      CHANGED.method,
    ]);
  });

  test.concurrent("of our own outlives that too", async () => {
    const ends: Step = async (id, onMessage) => {
      await onMessage(ACKNOWLEDGED);
      return over(id);
    };
    expect((await keep([ends, ends], true)).ids).toHaveLength(3);
  });

  test.concurrent("that the server gives up ends, by the id as it was written", async () => {
    for (const [requestId, end] of [
      ["7", "torn_down"],
      ["8", "no more"],
    ] as const) {
      const cancelled = { ...notification("notifications/cancelled", { requestId: Number(requestId) }) };
      expect((await keep([stood(cancelled)])).end).toBe(end);
    }
  });

  for (const [what, step, end] of [
    ["503", async () => refused(503), "no more"],
    ["429", async () => refused(429), "no more"],
    ["404", async () => refused(404), expect.objectContaining({ status: 404 })],
    ["a fault of our own", () => Promise.reject(new TypeError("own")), "own"],
  ] as [string, Step, unknown][])
    test.concurrent(`that stood ends, or goes on, after ${what}`, async () => {
      expect((await keep([stood(), step])).end).toEqual(end as string);
    });

  test.concurrent("that ends at once each time is asked for ever more slowly", async () => {
    const startedMs = performance.now();
    await keep([stood(), stood()]);
    // 1 and 2 s, each a quarter more or less.
    expect(performance.now() - startedMs).toBeGreaterThan(2200);
  });
});

test("what passes and what does not", () => {
  for (const status of [408, 409, 425, 429, 500, 502, 503]) expect(isForGood(refused(status))).toBe(false);
  for (const status of [400, 401, 403, 404, 405, 410]) expect(isForGood(refused(status))).toBe(true);
  expect(isForGood(answered(errorResponse("1", { code: -32602, message: "no" })))).toBe(true);
  expect(isForGood(over("1"))).toBe(false);
  expect([isPassing(streamCut("h")), isPassing(new TypeError("own"))]).toEqual([true, false]);
});
