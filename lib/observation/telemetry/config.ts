// Where traces and metrics go: by `--otlp`, else by the standard variables (OpenTelemetry "Environment Variable
// Specification", "OTLP Exporter Configuration"). Addresses, headers, time limits and certificates of the variables are
// read by the exporters themselves.
import { wrongUsage } from "../../failure.ts";
import { type Env, givenFor, type Signal, tellFixed, textIn } from "../otlp-variables.ts";
import { areAttributes } from "../resource-attributes.ts";
import { propagationOf } from "../trace-context.ts";
import { isGrpcAddress } from "./grpc/endpoint.ts";
import { type GrpcConfig, grpcSettings } from "./grpc/settings.ts";
import { canSend } from "./http/settings.ts";

/** How one signal is sent. */
export type SignalConfig = HttpConfig | GrpcConfig;

export interface HttpConfig {
  protocol: (typeof HTTP_PROTOCOLS)[number];
  /** Where to, by `--otlp`; absent: as the variables say. */
  url?: string;
  /** For one delivery, in ms; absent: as the variables say. */
  timeoutMs?: number;
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
}

export interface ReadConfig {
  config?: TelemetryConfig;
  /** What of the variables does not count, for a person. */
  warnings: string[];
}

const HTTP_PROTOCOLS = ["http/protobuf", "http/json"] as const;
const PROTOCOLS = [...HTTP_PROTOCOLS, "grpc"] as const;

/** Below the pause after which the exporters try again, in ms. */
const SHORT_MS = 750;
const USUAL_URL = "http://localhost:4318";

/**
 * What is sent, and where to; no `config` where nothing is.
 *
 * @param otlp the value of `--otlp`
 * @param isShort whether the process ends soon: what is not taken at once is not tried again
 * @throws M2mcpError (exit 1) where that is no URL
 */
export function readTelemetryConfig(env: Env, otlp: string | undefined, isShort: boolean): ReadConfig {
  if (otlp !== undefined) checkUrl(otlp);
  const warnings: string[] = [];
  if (/^true$/i.test(env.OTEL_SDK_DISABLED?.trim() ?? "")) return { warnings };
  const traces = signalOf(env, "TRACES", otlp, isShort, warnings);
  const metrics = signalOf(env, "METRICS", otlp, isShort, warnings);
  if (metrics) tellFixed(env, warnings);
  const { unknown } = propagationOf(env);
  if (unknown.length > 0)
    warnings.push(
      `OTEL_PROPAGATORS=${unknown.join(",")} is not known here; tracecontext, baggage and none are`,
    );
  if (env.OTEL_RESOURCE_ATTRIBUTES?.trim() && !areAttributes(env.OTEL_RESOURCE_ATTRIBUTES))
    warnings.push("OTEL_RESOURCE_ATTRIBUTES is no list like a=b,c=d: none of it counts");
  if (!traces && !metrics) return { warnings: [...new Set(warnings)] };
  const ms = (name: string, usual: number) => number(env, name, usual, warnings);
  const queue = ms("OTEL_BSP_MAX_QUEUE_SIZE", 2048);
  const config: TelemetryConfig = {
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
  };
  // What counts for neither signal is told once.
  return { config, warnings: [...new Set(warnings)] };
}

function signalOf(
  env: Env,
  signal: Signal,
  otlp: string | undefined,
  isShort: boolean,
  warnings: string[],
): SignalConfig | undefined {
  const exporters = textIn(env, `OTEL_${signal}_EXPORTER`);
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
  const protocol = protocolOf(env, signal, otlp ?? endpoint, warnings);
  if (protocol === "grpc") {
    const shortMs = isShort ? SHORT_MS : undefined;
    return grpcSettings(env, signal, { address: otlp ?? endpoint, shortMs }, warnings);
  }
  if (!canSend(env, signal, otlp !== undefined, warnings)) return undefined;
  const isLimited = givenFor(env, signal, "TIMEOUT").length > 0;
  return {
    protocol,
    ...(otlp === undefined ? {} : { url: urlFor(otlp, signal) }),
    ...(isShort && !isLimited ? { timeoutMs: SHORT_MS } : {}),
  };
}

/** The variables' protocol; where they name none, the one that the address is known for. */
function protocolOf(
  env: Env,
  signal: Signal,
  address: string | undefined,
  warnings: string[],
): SignalConfig["protocol"] {
  const isGrpc = address !== undefined && isGrpcAddress(address);
  // What has this scheme can be reached by nothing else.
  if (isGrpc && /^grpc/i.test(address)) return "grpc";
  const named = givenFor(env, signal, "PROTOCOL")[0]?.value;
  const known = PROTOCOLS.find((one) => one === named);
  if (named !== undefined && !known)
    warnings.push(`the OTLP protocol ${named} is not known here; ${PROTOCOLS.join(", ")} are`);
  return known ?? (isGrpc ? "grpc" : "http/protobuf");
}

const endpointOf = (env: Env, signal: Signal) => givenFor(env, signal, "ENDPOINT")[0]?.value;

/** Over HTTP each signal has a path of its own below the address (OTLP "Endpoint URLs for OTLP/HTTP"). */
const urlFor = (otlp: string, signal: Signal) => `${otlp.replace(/\/$/, "")}/v1/${signal.toLowerCase()}`;

function checkUrl(otlp: string): void {
  const url = URL.canParse(otlp) ? new URL(otlp) : undefined;
  if (!url || !/^(http|grpc)s?:$/.test(url.protocol) || url.host === "")
    throw wrongUsage(
      "--otlp is no http or https URL",
      "give it like http://localhost:4318, or grpc://localhost:4317 (grpcs:// where it is encrypted)",
    );
}

const SAMPLERS = ["always_on", "always_off", "traceidratio"];

function samplerOf(env: Env, warnings: string[]): TelemetryConfig["sampler"] {
  const usual = { name: "parentbased_always_on", ratio: 1 };
  const name = textIn(env, "OTEL_TRACES_SAMPLER");
  if (name === undefined) return usual;
  if (!SAMPLERS.includes(name.replace(/^parentbased_/, ""))) {
    warnings.push(`OTEL_TRACES_SAMPLER=${name} is not known here`);
    return usual;
  }
  const argument = textIn(env, "OTEL_TRACES_SAMPLER_ARG");
  const ratio = Number(argument ?? 1);
  if (ratio >= 0 && ratio <= 1) return { name, ratio };
  warnings.push(`OTEL_TRACES_SAMPLER_ARG=${argument} is no number from 0 to 1`);
  return { name, ratio: 1 };
}

function number(env: Env, name: string, usual: number, warnings: string[]): number {
  const given = textIn(env, name);
  if (given === undefined) return usual;
  const value = Number(given);
  if (Number.isInteger(value) && value > 0 && value < 2 ** 31) return value;
  warnings.push(`${name}=${given} is no number above 0`);
  return usual;
}

function hostOf(config: SignalConfig | undefined, signal: Signal, env: Env): string | undefined {
  if (!config) return undefined;
  if (config.protocol === "grpc") return config.target;
  const url = config.url ?? endpointOf(env, signal) ?? USUAL_URL;
  return URL.canParse(url) ? new URL(url).host || url.split("/")[0] : undefined;
}
