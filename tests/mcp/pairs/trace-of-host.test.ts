import { expect, test } from "bun:test";
import { request, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { withDeclarations } from "../../../lib/mcp/pairs/declarations.ts";
import type { Call, Transport } from "../../../lib/mcp/protocol/transport.ts";

/** What a call's `_meta` has on the way to the server. */
async function metaOf(meta: object) {
  const seen: unknown[] = [];
  const transport = {
    request: async ({ message }: Call) => {
      seen.push(message.params._meta);
      return { kind: "response" as const, message: resultResponse(message.id, {}) };
    },
  } as unknown as Transport;
  const trace = { traceparent: "00-ours", tracestate: "ours=1", baggage: "ours" };
  const message = request("1", "tools/call", { name: "x", _meta: meta });
  const call = { message, signal: new AbortController().signal, onMessage: async () => {} };
  await withDeclarations(transport, { extensions: {}, trace }).request(call);
  return seen[0];
}

test("the trace of the environment goes with a request as a whole, or not at all beside the client's own", async () => {
  expect(await metaOf({ a: 1 })).toEqual({
    a: 1,
    traceparent: "00-ours",
    tracestate: "ours=1",
    baggage: "ours",
  });
  expect(await metaOf({ traceparent: "00-theirs" })).toEqual({ traceparent: "00-theirs" });
});
