// What a request comes to, as it is written down and counted, and under which name.
import { expect, test } from "bun:test";
import { resultResponse } from "../../lib/mcp/jsonrpc/message.ts";
import { answered } from "../../lib/mcp/protocol/answer.ts";
import { Cancellation } from "../../lib/mcp/protocol/transport.ts";
import { outcomeOf } from "../../lib/observation/outcome.ts";
import { createLabelNames } from "../../lib/observation/telemetry/label-names.ts";

test("an answer that nobody waited for any more comes to nothing", () => {
  const answer = answered(resultResponse("1", {}));
  const open = new AbortController();
  expect(outcomeOf(answer, open.signal)).toEqual({ kind: "ok" });
  open.abort(new Cancellation());
  expect(outcomeOf(answer, open.signal)).toEqual({ kind: "cancelled" });
  const late = AbortSignal.abort(new Cancellation({ reason: "timeout" }));
  expect(outcomeOf(answer, late)).toEqual({ kind: "failed", error: "timeout" });
});

test("a name becomes no label that is longer than names are, or that steers what shows it", () => {
  const names = createLabelNames();
  for (const name of ["x".repeat(129), "a\u001b[31m", "a\nb", "a\u202eb", "a\u2028b"]) {
    names.learn(name);
    expect([name, names.of(name)]).toEqual([name, "_OTHER"]);
  }
  for (const name of ["x".repeat(128), "größe", "a b"]) expect(names.of(name)).toBe(name);
});
