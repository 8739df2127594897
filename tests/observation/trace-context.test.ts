// The trace that a process is started in, as it goes on from there.
import { expect, test } from "bun:test";
import { propagationOf, traceIdOf, traceOf } from "../../lib/observation/trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const traceparent = `00-${TRACE}-${SPAN}-01`;

test("a traceparent is what the specification has for one, of later versions too", () => {
  for (const fine of [traceparent, `01-${TRACE}-${SPAN}-00`, `cc-${TRACE}-${SPAN}-01-more`])
    expect([fine, traceIdOf(fine)]).toEqual([fine, TRACE]);
  for (const wrong of [
    `${traceparent}-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01more`,
    traceparent.toUpperCase(),
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    ` ${traceparent}`,
    "",
    5,
  ])
    expect([wrong, traceIdOf(wrong)]).toEqual([wrong, undefined]);
});

test("baggage goes on by itself, as long as baggage may be", () => {
  const long = `k=${"v".repeat(8000)}`;
  expect(traceOf({ BAGGAGE: long })).toEqual({ baggage: long });
  expect(traceOf({ TRACEPARENT: "none", TRACESTATE: "a=b", BAGGAGE: "k=v" })).toEqual({ baggage: "k=v" });
  expect(traceOf({ TRACEPARENT: traceparent, BAGGAGE: `${long}${long}` })).toEqual({ traceparent });
  expect(traceOf({ TRACEPARENT: traceparent, TRACESTATE: "s".repeat(600) })).toEqual({ traceparent });
  expect(traceOf({ TRACESTATE: "a=b" })).toBeUndefined();
});

test("what travels is what OTEL_PROPAGATORS names", () => {
  const all = { TRACEPARENT: traceparent, TRACESTATE: "a=b", BAGGAGE: "k=v" };
  const of = (OTEL_PROPAGATORS: string) => traceOf({ ...all, OTEL_PROPAGATORS });
  expect(of("")).toEqual({ traceparent, tracestate: "a=b", baggage: "k=v" });
  expect(of("tracecontext")).toEqual({ traceparent, tracestate: "a=b" });
  expect(of(" Baggage ,baggage")).toEqual({ baggage: "k=v" });
  expect(of("none")).toBeUndefined();
  expect(of("b3")).toEqual(of(""));
  expect(propagationOf({ OTEL_PROPAGATORS: "b3,baggage,b3" })).toEqual({
    trace: false,
    baggage: true,
    unknown: ["b3"],
  });
});
