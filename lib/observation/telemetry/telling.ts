import { type Attributes, type Span, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import type { Propagation } from "../trace-context.ts";
import type { Current } from "./current.ts";
import type { Instruments } from "./instruments.ts";

/** What carries messages of who asks: stdio is a pipe, HTTP goes over the others. */
export type HostTransport = "pipe" | "tcp" | "unix";

/** What requests are told to. */
export interface Telling {
  /** Absent: no spans are wanted. */
  tracer: Tracer | undefined;
  instruments: Instruments;
  /** The span that this process was started in. */
  startedIn: Current | undefined;
  /** What of traces travels. */
  allowed: Propagation;
}

/** Ends a span; one with an `error.type` has failed. */
export function endSpan(span: Span, failed: Attributes): void {
  span.setAttributes(failed);
  if ("error.type" in failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
