// The standard's variables for sending (OpenTelemetry "OTLP Exporter Configuration"), as all protocols of it have them.

export type Env = Readonly<Record<string, string | undefined>>;

/** What is sent, as variables name it. */
export type Signal = "TRACES" | "METRICS";

/** A variable with its value. */
export interface Given {
  name: string;
  value: string;
}

/** What a variable says; an empty one counts as not set. */
export const textIn = (env: Env, name: string): string | undefined => env[name]?.trim() || undefined;

/** The variables of that name that are set: the signal's own goes before the one for all. */
export const givenFor = (env: Env, signal: Signal, name: string): Given[] =>
  [`OTEL_EXPORTER_OTLP_${signal}_${name}`, `OTEL_EXPORTER_OTLP_${name}`].flatMap((variable) => {
    const value = textIn(env, variable);
    return value === undefined ? [] : [{ name: variable, value }];
  });

/** How metrics are told of, all alike: durations are counted once for all who want to know. */
const OF_METRICS = {
  TEMPORALITY_PREFERENCE: "cumulative",
  DEFAULT_HISTOGRAM_AGGREGATION: "explicit_bucket_histogram",
};

/** Tells which variables ask for something else. */
export function tellFixed(env: Env, warnings: string[]): void {
  for (const [name, fixed] of Object.entries(OF_METRICS)) {
    const variable = `OTEL_EXPORTER_OTLP_METRICS_${name}`;
    const value = textIn(env, variable);
    if (value !== undefined && value.toLowerCase() !== fixed)
      warnings.push(`${variable}=${value} does not count: it is ${fixed} here`);
  }
}

/** Whether bodies are compressed; what does not count is told. */
export function isCompressed(env: Env, signal: Signal, warnings: string[]): boolean {
  const [given] = givenFor(env, signal, "COMPRESSION");
  if (given && !["gzip", "none"].includes(given.value))
    warnings.push(`${given.name}=${given.value} is not known here; gzip and none are`);
  return given?.value === "gzip";
}

/** How long a delivery may take, in ms; undefined where that is not said, and what does not count is told. */
export function timeoutMsIn(env: Env, signal: Signal, warnings: string[]): number | undefined {
  const [given] = givenFor(env, signal, "TIMEOUT");
  if (!given) return undefined;
  const value = Number(given.value);
  if (value > 0 && value < 2 ** 31) return value;
  warnings.push(`${given.name}=${given.value} is no number above 0`);
  return undefined;
}
