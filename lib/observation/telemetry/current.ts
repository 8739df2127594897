// Which span the work at hand belongs to, and how that travels: in `_meta` of MCP requests (SEP-414), in headers of HTTP
// (W3C Trace Context).
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  trace,
} from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { type Propagation, passable } from "../trace-context.ts";

/** A span that work is done for. */
export interface Current {
  context: Context;
  /** Goes along as it came (W3C Baggage). */
  baggage?: string | undefined;
  /** What goes on after it belongs to no request any more: a renewal, a stream that is opened again. */
  isOver: boolean;
}

const store = new AsyncLocalStorage<Current>();
const propagator = new W3CTraceContextPropagator();

/** The span that this work belongs to. */
export function current(): Current | undefined {
  const found = store.getStore();
  return found?.isOver ? undefined : found;
}

/** What is done for a span. */
export const currentOf = (span: Span, baggage: string | undefined): Current => ({
  context: trace.setSpan(ROOT_CONTEXT, span),
  baggage,
  isOver: false,
});

/** Does `work` as part of a span. */
export function within<T>(span: Span, baggage: string | undefined, work: (mine: Current) => T): T {
  const mine = currentOf(span, baggage);
  return store.run(mine, work, mine);
}

/** Does `work` below a span that there is already. */
export const below = <T>(above: Current, work: () => T): T => store.run(above, work);

/**
 * What a carrier names as the span above, and the baggage; undefined where it names neither.
 *
 * @param allowed what of them travels
 */
export function above(
  carrier: Readonly<Record<string, unknown>> | undefined,
  allowed: Propagation,
): Current | undefined {
  const baggage = allowed.baggage ? passable("baggage", carrier?.baggage) : undefined;
  const isNamed = allowed.trace && typeof carrier?.traceparent === "string";
  const context = isNamed ? propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter) : ROOT_CONTEXT;
  return hasSpan(context) || baggage !== undefined ? { context, baggage, isOver: false } : undefined;
}

/** The same where it names a span. */
export function spanAbove(
  carrier: Readonly<Record<string, unknown>>,
  allowed: Propagation,
): Current | undefined {
  const found = above(carrier, allowed);
  return found && hasSpan(found.context) ? found : undefined;
}

const hasSpan = (context: Context): boolean => trace.getSpanContext(context) !== undefined;

/** What a carrier says of a span: `traceparent`, `tracestate` where there is one, and the baggage. */
export function carried({ context, baggage }: Current, allowed: Propagation): Record<string, string> {
  const carrier: Record<string, string> = {};
  if (allowed.trace) propagator.inject(context, carrier, defaultTextMapSetter);
  if (carrier.tracestate === "") delete carrier.tracestate;
  return baggage === undefined || !allowed.baggage ? carrier : { ...carrier, baggage };
}
