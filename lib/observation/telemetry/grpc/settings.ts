// What the standard's variables say of OTLP over gRPC (OpenTelemetry "OTLP Exporter Configuration").
import { grpcEndpoint } from "./endpoint.ts";

/** A variable with its value. */
export interface Given {
  name: string;
  value: string;
}

/** How one signal is sent over gRPC. */
export interface GrpcConfig {
  protocol: "grpc";
  target: string;
  isSecure: boolean;
  /** Pairs as they stand; later ones go before earlier ones. */
  headers: Given[];
  /** For one delivery with all that is tried again, in ms. */
  timeoutMs: number;
  isCompressed: boolean;
  /** Paths of PEM files: whom to trust, and who this is. */
  files: { authorities?: Given; certificate?: Given; key?: Given };
}

type Env = Record<string, string | undefined>;
const USUAL_ADDRESS = "http://localhost:4317";
const USUAL_TIMEOUT_MS = 10_000;

/**
 * @param address absent: as the standard has it
 * @param shortMs limit for a process that ends soon, where the user has set none, in ms
 * @param warnings where what does not count is told
 */
export function grpcSettings(
  env: Env,
  signal: "TRACES" | "METRICS",
  { address = USUAL_ADDRESS, shortMs }: { address?: string | undefined; shortMs: number | undefined },
  warnings: string[],
): GrpcConfig {
  const given = (name: string) => ofSignal(env, signal, name);
  const isInsecure = given("INSECURE")?.value.toLowerCase() === "true";
  const { target, isSecure, path } = grpcEndpoint(address, isInsecure);
  if (path) warnings.push(`OTLP over gRPC has no paths: ${path} of its address does not count`);
  const compression = given("COMPRESSION");
  if (compression && !["gzip", "none"].includes(compression.value))
    warnings.push(`${compression.name}=${compression.value} is not known here; gzip and none are`);
  const [authorities, certificate, key] = [
    given("CERTIFICATE"),
    given("CLIENT_CERTIFICATE"),
    given("CLIENT_KEY"),
  ];
  return {
    protocol: "grpc",
    target,
    isSecure: isSecure ?? !isInsecure,
    headers: [`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_EXPORTER_OTLP_${signal}_HEADERS`].flatMap((name) =>
      inEnv(env, name),
    ),
    timeoutMs: timeoutOf(given("TIMEOUT"), warnings) ?? shortMs ?? USUAL_TIMEOUT_MS,
    isCompressed: compression?.value === "gzip",
    files: {
      ...(authorities ? { authorities } : {}),
      ...(certificate ? { certificate } : {}),
      ...(key ? { key } : {}),
    },
  };
}

/** A variable of the signal's goes before the one for all. */
const ofSignal = (env: Env, signal: string, name: string): Given | undefined =>
  [`OTEL_EXPORTER_OTLP_${signal}_${name}`, `OTEL_EXPORTER_OTLP_${name}`].flatMap((one) => inEnv(env, one))[0];

function inEnv(env: Env, name: string): Given[] {
  const value = env[name]?.trim();
  return value ? [{ name, value }] : [];
}

function timeoutOf(given: Given | undefined, warnings: string[]): number | undefined {
  if (!given) return undefined;
  const value = Number(given.value);
  if (value > 0 && value < 2 ** 31) return value;
  warnings.push(`${given.name}=${given.value} is no number above 0`);
  return undefined;
}
