// Where traces and metrics go: by `--otlp`, else by the standard variables (OpenTelemetry "Environment Variable
// Specification", "OTLP Exporter Configuration"). Addresses, headers, time limits and certificates of the variables are
// read by the exporters themselves.
import { wrongUsage } from "../../failure.ts";

/** How one signal is sent. */
export interface SignalConfig {
  protocol: Protocol;
  /** Where to, by `--otlp`; absent: as the variables say. */
  url?: string;
}

export interface TelemetryConfig {
  traces?: SignalConfig;
  metrics?: SignalConfig;
  sampler: { name: string; ratio: number };
  /** How often metrics are sent, and how long that may take, in ms. */
  metricsEveryMs: number;
  metricsTimeoutMs: number;
  batches: { delayMs: number; queue: number; size: number; timeoutMs: number };
  /** Who they are shown to be sent to, for messages. */
  host: string;
  /** What of the variables does not count, for a person. */
  warnings: string[];
}

export const PROTOCOLS = ["http/protobuf", "http/json", "grpc"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

type Env = Record<string, string | undefined>;
type Signal = "TRACES" | "METRICS";

const USUAL_URL = { http: "http://localhost:4318", grpc: "http://localhost:4317" };

/**
 * Undefined where nothing is sent.
 *
 * @param otlp the value of `--otlp`
 * @throws M2mcpError (exit 1) where that is no URL
 */
export function readTelemetryConfig(env: Env, otlp: string | undefined): TelemetryConfig | undefined {
  if (otlp !== undefined) checkUrl(otlp);
  if (/^true$/i.test(env.OTEL_SDK_DISABLED?.trim() ?? "")) return undefined;
  const warnings: string[] = [];
  const traces = signalOf(env, "TRACES", otlp, warnings);
  const metrics = signalOf(env, "METRICS", otlp, warnings);
  if (!traces && !metrics) return undefined;
  const ms = (name: string, usual: number) => number(env, name, usual, warnings);
  const queue = ms("OTEL_BSP_MAX_QUEUE_SIZE", 2048);
  return {
    ...(traces ? { traces } : {}),
    ...(metrics ? { metrics } : {}),
    sampler: samplerOf(env, warnings),
    metricsEveryMs: ms("OTEL_METRIC_EXPORT_INTERVAL", 60_000),
    metricsTimeoutMs: ms("OTEL_METRIC_EXPORT_TIMEOUT", 30_000),
    batches: {
      delayMs: ms("OTEL_BSP_SCHEDULE_DELAY", 5000),
      queue,
      size: Math.min(ms("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512), queue),
      timeoutMs: ms("OTEL_BSP_EXPORT_TIMEOUT", 30_000),
    },
    host: hostOf(traces, "TRACES", env) ?? hostOf(metrics, "METRICS", env) ?? "the collector",
    warnings,
  };
}

function signalOf(
  env: Env,
  signal: Signal,
  otlp: string | undefined,
  warnings: string[],
): SignalConfig | undefined {
  const exporters = text(env, `OTEL_${signal}_EXPORTER`);
  const endpoint = endpointOf(env, signal);
  // By the specification all is sent to this machine unless told otherwise; here nobody is asked who was not named.
  if (otlp === undefined && endpoint === undefined && exporters === undefined) return undefined;
  const wanted = (exporters ?? "otlp").split(",").map((name) => name.trim());
  if (!wanted.includes("otlp") && otlp === undefined) {
    const others = wanted.filter((name) => name !== "none");
    if (others.length > 0)
      warnings.push(`OTEL_${signal}_EXPORTER=${others.join(",")} is not known here; otlp and none are`);
    return undefined;
  }
  const named =
    text(env, `OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`) ?? text(env, "OTEL_EXPORTER_OTLP_PROTOCOL");
  const known = PROTOCOLS.find((one) => one === named);
  if (named !== undefined && !known)
    warnings.push(`the OTLP protocol ${named} is not known here; ${PROTOCOLS.join(", ")} are`);
  const protocol = known ?? "http/protobuf";
  return { protocol, ...(otlp === undefined ? {} : { url: urlFor(otlp, signal, protocol) }) };
}

const endpointOf = (env: Env, signal: Signal) =>
  text(env, `OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`) ?? text(env, "OTEL_EXPORTER_OTLP_ENDPOINT");

/** Over HTTP each signal has a path of its own below the address (OTLP "Endpoint URLs for OTLP/HTTP"). */
const urlFor = (otlp: string, signal: Signal, protocol: Protocol) =>
  protocol === "grpc" ? otlp : `${otlp.replace(/\/$/, "")}/v1/${signal.toLowerCase()}`;

function checkUrl(otlp: string): void {
  const url = URL.canParse(otlp) ? new URL(otlp) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw wrongUsage("--otlp is no http or https URL", "give it like http://localhost:4318");
}

const SAMPLERS = ["always_on", "always_off", "traceidratio"];

function samplerOf(env: Env, warnings: string[]): TelemetryConfig["sampler"] {
  const usual = { name: "parentbased_always_on", ratio: 1 };
  const name = text(env, "OTEL_TRACES_SAMPLER");
  if (name === undefined) return usual;
  if (!SAMPLERS.includes(name.replace(/^parentbased_/, ""))) {
    warnings.push(`OTEL_TRACES_SAMPLER=${name} is not known here`);
    return usual;
  }
  const argument = text(env, "OTEL_TRACES_SAMPLER_ARG");
  const ratio = Number(argument ?? 1);
  if (ratio >= 0 && ratio <= 1) return { name, ratio };
  warnings.push(`OTEL_TRACES_SAMPLER_ARG=${argument} is no number from 0 to 1`);
  return { name, ratio: 1 };
}

function number(env: Env, name: string, usual: number, warnings: string[]): number {
  const given = text(env, name);
  if (given === undefined) return usual;
  const value = Number(given);
  if (Number.isInteger(value) && value > 0 && value < 2 ** 31) return value;
  warnings.push(`${name}=${given} is no number above 0`);
  return usual;
}

/** An empty variable counts as not set. */
const text = (env: Env, name: string): string | undefined => env[name]?.trim() || undefined;

function hostOf(config: SignalConfig | undefined, signal: Signal, env: Env): string | undefined {
  if (!config) return undefined;
  const usual = config.protocol === "grpc" ? USUAL_URL.grpc : USUAL_URL.http;
  const url = config.url ?? endpointOf(env, signal) ?? usual;
  return URL.canParse(url) ? new URL(url).host || url.split("/")[0] : undefined;
}
