import { describe, expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { request, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { answered } from "../../../lib/mcp/protocol/answer.ts";
import { sessionLost } from "../../../lib/mcp/protocol/errors.ts";
import { createIdempotent } from "../../../lib/mcp/protocol/repeat-idempotent.ts";
import { connectionRefused, invalidAnswer, streamCut, timedOut } from "../../../lib/net/errors.ts";

const call = (method: string, name?: string, signal = new AbortController().signal) => ({
  message: request("1", method, name === undefined ? {} : { name }),
  signal,
  onMessage: async () => {},
});
const OK = answered(resultResponse("1", {}));

/** Sends a call whose attempts fail with these, the last one succeeds; how often it was tried. */
async function tries(
  asked: ReturnType<typeof call>,
  failures: Error[],
  idempotent = createIdempotent({ timeoutMs: 10_000, log: () => {} }, createIds()),
) {
  let count = 0;
  const failure = await idempotent
    .send(asked, async () => {
      const failed = failures[count++];
      if (failed) throw failed;
      return OK;
    })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  return { count, failure };
}

const cut = streamCut("h");

describe("what only reads is sent once more where its connection broke off:", () => {
  for (const method of [
    "ping",
    "server/discover",
    "tools/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "tasks/list",
    "tasks/get",
  ])
    test.concurrent(method, async () => {
      expect(await tries(call(method), [cut])).toEqual({ count: 2, failure: undefined });
    });
  test.concurrent("also where the session was lost with it", async () => {
    expect((await tries(call("tools/list"), [sessionLost("h")])).count).toBe(2);
  });
  test.concurrent("and no oftener", async () => {
    const last = streamCut("other");
    expect(await tries(call("tools/list"), [cut, last])).toEqual({ count: 2, failure: last });
  });
});

describe("nothing else is sent again:", () => {
  for (const method of [
    "tools/call",
    "logging/setLevel",
    "resources/subscribe",
    "initialize",
    "x/y",
    "subscriptions/listen",
  ])
    test(method, async () => {
      expect(await tries(call(method, "echo"), [cut])).toEqual({ count: 1, failure: cut });
    });
  for (const failure of [
    timedOut("h", 1),
    connectionRefused("h"),
    invalidAnswer("h", "x"),
    new TypeError("own"),
  ])
    test(`a reading that failed otherwise: ${failure.message}`, async () => {
      expect(await tries(call("tools/list"), [failure])).toEqual({ count: 1, failure });
    });
  test("a reading that nobody waits for", async () => {
    expect((await tries(call("tools/list", undefined, AbortSignal.abort()), [cut])).count).toBe(1);
  });
  test("a reading that broke off after its time", async () => {
    const idempotent = createIdempotent({ timeoutMs: 0, log: () => {} }, createIds());
    expect((await tries(call("tools/list"), [cut], idempotent)).count).toBe(1);
  });
});

test("a tool is called again where the list says that it may be, as the latest list has it", async () => {
  const idempotent = createIdempotent({ timeoutMs: 10_000, log: () => {} }, createIds());
  const list = (...tools: object[]) => idempotent.learn(resultResponse("1", { tools }));
  const count = async (name: string) => (await tries(call("tools/call", name), [cut], idempotent)).count;
  expect(await count("reads")).toBe(1);
  list(
    { name: "reads", annotations: { readOnlyHint: true } },
    { name: "sets", annotations: { idempotentHint: true } },
    { name: "acts", annotations: { readOnlyHint: false } },
    { name: "odd", annotations: { readOnlyHint: "true" } },
    7 as unknown as object,
  );
  expect(await Promise.all(["reads", "sets", "acts", "odd", "unknown"].map(count))).toEqual([2, 2, 1, 1, 1]);
  // A page of others changes nothing; one that names it does.
  list({ name: "acts" });
  expect(await count("reads")).toBe(2);
  list({ name: "reads" });
  expect(await count("reads")).toBe(1);
});

test("a process that dies is given a moment to be gone", async () => {
  const startedMs = performance.now();
  await tries(call("tools/list"), [cut]);
  expect(performance.now() - startedMs).toBeGreaterThan(240);
});

test("one that is cancelled meanwhile is not sent again", async () => {
  const abort = new AbortController();
  const reason = new Error("cancelled");
  setTimeout(() => abort.abort(reason), 50);
  expect(await tries(call("tools/list", undefined, abort.signal), [cut])).toEqual({
    count: 1,
    failure: reason,
  });
});
