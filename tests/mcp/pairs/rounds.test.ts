import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../lib/json.ts";
import { errorResponse, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { parseMessages } from "../../../lib/mcp/jsonrpc/parse.ts";
import { throughRounds } from "../../../lib/mcp/pairs/rounds.ts";
import { type Answer, answered, refused } from "../../../lib/mcp/protocol/answer.ts";
import { inShort } from "../../support/mcp/fake-endpoint.ts";

const GIVEN = { name: "ask", arguments: { a: 1 } };
const wants = (more: object) => answered(resultResponse("1", { resultType: "input_required", ...more }));
const done = answered(resultResponse("1", { resultType: "complete", text: "done" }));

/** Carries a request through these answers, the last one for ever; what was sent and gathered. */
async function carry(
  answers: Answer[],
  { signal = new AbortController().signal, gathered = {} as JsonObject | Error } = {},
) {
  const sent: JsonObject[] = [];
  const asked: JsonObject[] = [];
  const outcome = await throughRounds(GIVEN, {
    async send(params) {
      sent.push(params);
      return answers[Math.min(sent.length, answers.length) - 1] ?? done;
    },
    async gather(inputRequests) {
      asked.push(inputRequests);
      if (gathered instanceof Error) throw gathered;
      return gathered;
    },
    signal,
    host: "h",
  }).then(inShort, (error: { code?: string; message: string }) => error.code ?? error.message);
  return { outcome, sent, asked };
}

describe("a request that a server wants input for", () => {
  test("is sent again with the answers, and with exactly the state that came last", async () => {
    const [state, later] = ["s1", { deep: ["s2"] }];
    const { outcome, sent, asked } = await carry(
      [
        wants({ inputRequests: { a: { method: "roots/list" } }, requestState: state }),
        wants({ inputRequests: { b: {} }, requestState: later }),
        done,
      ],
      { gathered: { a: { roots: [] } } },
    );
    expect(outcome).toBe("done");
    expect(asked).toEqual([{ a: { method: "roots/list" } }, { b: {} }]);
    expect(sent).toEqual([
      GIVEN,
      { ...GIVEN, inputResponses: { a: { roots: [] } }, requestState: state },
      { ...GIVEN, inputResponses: { a: { roots: [] } }, requestState: later },
    ]);
  });

  test("is sent again without a state where none came last", async () => {
    const { sent } = await carry([
      wants({ inputRequests: { a: {} }, requestState: "s1" }),
      wants({ inputRequests: { a: {} } }),
      done,
    ]);
    expect(sent[2]).toEqual({ ...GIVEN, inputResponses: {} });
  });

  test("keeps the numbers in its state", async () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required","inputRequests":{"a":{}},"requestState":12345678901234567890}}';
    const [message] = parseMessages(text, "server");
    if (message?.kind !== "response") throw new Error("no response");
    const { sent } = await carry([answered(message), done]);
    expect(JSON.stringify(sent[1])).toContain('"requestState":12345678901234567890');
  });

  test("is only sent again where no input is wanted, and not in a hot loop", async () => {
    const startedMs = performance.now();
    const { outcome, sent, asked } = await carry([
      wants({ requestState: "s" }),
      wants({ inputRequests: {}, requestState: "s" }),
      done,
    ]);
    expect({ outcome, asked }).toEqual({ outcome: "done", asked: [] });
    expect(sent[1]).toEqual({ ...GIVEN, requestState: "s" });
    // 100 and 200 ms, each a quarter more or less.
    expect(performance.now() - startedMs).toBeGreaterThan(220);
  });

  test("ends at once where neither input nor a state is named: again would be a second call for nothing", async () => {
    for (const more of [{}, { inputRequests: 5 }, { inputRequests: null }]) {
      const { outcome, sent } = await carry([wants(more)]);
      expect({ outcome, times: sent.length }).toEqual({ outcome: "invalid_answer", times: 1 });
    }
  });

  test("ends where it is wanted on and on", async () => {
    const { outcome, sent } = await carry([wants({ inputRequests: { a: {} } })]);
    expect(outcome).toBe("invalid_answer");
    expect(sent).toHaveLength(32);
  });

  test("ends with the client's refusal, or its cancellation", async () => {
    expect(
      (await carry([wants({ inputRequests: { a: {} } })], { gathered: new Error("refused") })).outcome,
    ).toBe("refused");
    const { outcome, sent } = await carry([wants({ inputRequests: { a: {} } })], {
      signal: AbortSignal.abort(new Error("cancelled")),
    });
    expect({ outcome, times: sent.length }).toEqual({ outcome: "cancelled", times: 1 });
  });
});

test("any other answer is the answer", async () => {
  for (const answer of [done, refused(500), answered(errorResponse("1", { code: -32602, message: "no" }))])
    expect((await carry([answer])).sent).toHaveLength(1);
});
