// The trace that a request belongs to, as text (W3C Trace Context, SEP-414).
/** `traceparent` (W3C Trace Context §3.2): version, trace id, parent id, flags; neither id all zeros. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Longest `tracestate` or `baggage` that is passed on, in characters (W3C Trace Context §3.3.1.5). */
const MAX_CHARS = 512;

/** The trace id in a `traceparent`; undefined where it is none. */
export const traceIdOf = (traceparent: unknown): string | undefined =>
  typeof traceparent === "string" && TRACEPARENT.test(traceparent) ? traceparent.slice(3, 35) : undefined;

/** The members of `_meta` that name a trace. */
const TRACE_MEMBERS = ["traceparent", "tracestate", "baggage"] as const;

/**
 * The trace that this process was started in, as members of `_meta` (OpenTelemetry "Environment Variables as Context
 * Propagation Carriers", SEP-414); undefined where the environment names none.
 */
export function traceOf(env: Record<string, string | undefined>): Record<string, string> | undefined {
  return traceFrom((name) => env[name.toUpperCase()]);
}

function traceFrom(read: (name: string) => unknown): Record<string, string> | undefined {
  const traceparent = read("traceparent");
  if (traceIdOf(traceparent) === undefined) return undefined;
  const trace: Record<string, string> = {};
  for (const name of TRACE_MEMBERS) {
    const value = read(name);
    if (typeof value === "string" && value.length <= MAX_CHARS && /^[\x20-\x7e]+$/.test(value))
      trace[name] = value;
  }
  return trace;
}
