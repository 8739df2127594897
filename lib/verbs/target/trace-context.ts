/** `traceparent` (W3C Trace Context §3.2): version, trace id, parent id, flags; neither id all zeros. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** Longest `tracestate` or `baggage` that is passed on, in characters (W3C Trace Context §3.3.1.5). */
const MAX_CHARS = 512;

/**
 * The trace that this process was started in, as members of `_meta` (OpenTelemetry "Environment Variables as Context
 * Propagation Carriers", SEP-414); undefined where the environment names none.
 */
export function traceOf(env: Record<string, string | undefined>): Record<string, string> | undefined {
  const traceparent = env.TRACEPARENT;
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) return undefined;
  const trace: Record<string, string> = { traceparent };
  for (const name of ["tracestate", "baggage"]) {
    const value = env[name.toUpperCase()];
    if (value && value.length <= MAX_CHARS && /^[\x20-\x7e]+$/.test(value)) trace[name] = value;
  }
  return trace;
}
