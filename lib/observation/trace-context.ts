// The trace that a request belongs to, as text (W3C Trace Context, SEP-414).
/**
 * `traceparent` (W3C Trace Context §3.2): version, trace id, parent id, flags; neither id all zeros. Later versions may say
 * more.
 */
const TRACEPARENT =
  /^(?:00-(?=.{52}$)|(?!00|ff)[0-9a-f]{2}-)(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/;

/** Longest that are passed on, in characters (W3C Trace Context §3.3.1.5, W3C Baggage §3.3.2). */
const MAX_CHARS = { tracestate: 512, baggage: 8192 };

/** The trace id in a `traceparent`; undefined where it is none. */
export const traceIdOf = (traceparent: unknown): string | undefined =>
  typeof traceparent === "string" && TRACEPARENT.test(traceparent) ? traceparent.slice(3, 35) : undefined;

/** What of a trace travels (OpenTelemetry "Environment Variable Specification", `OTEL_PROPAGATORS`). */
export interface Propagation {
  trace: boolean;
  baggage: boolean;
}

const PROPAGATORS = ["tracecontext", "baggage", "none"];

/** @returns `unknown`: propagators that are not known here, and do not count */
export function propagationOf(
  env: Record<string, string | undefined>,
): Propagation & { unknown: readonly string[] } {
  const named = (env.OTEL_PROPAGATORS ?? "").split(",").flatMap((name) => name.trim().toLowerCase() || []);
  const known = named.filter((name) => PROPAGATORS.includes(name));
  const unknown = [...new Set(named.filter((name) => !PROPAGATORS.includes(name)))];
  if (known.length === 0) return { trace: true, baggage: true, unknown };
  const isNone = known.includes("none");
  const has = (name: string) => !isNone && known.includes(name);
  return { trace: has("tracecontext"), baggage: has("baggage"), unknown };
}

/**
 * The trace that this process was started in, as members of `_meta` (OpenTelemetry "Environment Variables as Context
 * Propagation Carriers", SEP-414); undefined where the environment names none.
 */
export function traceOf(env: Record<string, string | undefined>): Record<string, string> | undefined {
  const { trace: isTraced, baggage: hasBaggage } = propagationOf(env);
  const traceparent = isTraced && traceIdOf(env.TRACEPARENT) !== undefined ? env.TRACEPARENT : undefined;
  const tracestate = traceparent === undefined ? undefined : passable("tracestate", env.TRACESTATE);
  const baggage = hasBaggage ? passable("baggage", env.BAGGAGE) : undefined;
  if (traceparent === undefined && baggage === undefined) return undefined;
  return {
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
    ...(baggage === undefined ? {} : { baggage }),
  };
}

/** A value as it came; undefined where it is none, or longer than is passed on. */
export const passable = (name: keyof typeof MAX_CHARS, value: unknown): string | undefined =>
  typeof value === "string" && value.length <= MAX_CHARS[name] && /^[\x20-\x7e]+$/.test(value)
    ? value
    : undefined;
