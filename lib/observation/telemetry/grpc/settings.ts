// What the standard's variables say of OTLP over gRPC (OpenTelemetry "OTLP Exporter Configuration").
import {
  type Env,
  type Given,
  givenFor,
  isCompressed,
  type Signal,
  timeoutMsIn,
} from "../../otlp-variables.ts";
import { grpcEndpoint } from "./endpoint.ts";

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

const USUAL_ADDRESS = "http://localhost:4317";
const USUAL_TIMEOUT_MS = 10_000;

/**
 * @param address absent: as the standard has it
 * @param shortMs limit for a process that ends soon, where the user has set none, in ms
 * @param warnings where what does not count is told
 */
export function grpcSettings(
  env: Env,
  signal: Signal,
  { address = USUAL_ADDRESS, shortMs }: { address?: string | undefined; shortMs: number | undefined },
  warnings: string[],
): GrpcConfig {
  const given = (name: string): Given | undefined => givenFor(env, signal, name)[0];
  const isInsecure = given("INSECURE")?.value.toLowerCase() === "true";
  const { target, isSecure, path } = grpcEndpoint(address, isInsecure);
  if (path) warnings.push(`OTLP over gRPC has no paths: ${path} of its address does not count`);
  const [authorities, certificate, key] = [
    given("CERTIFICATE"),
    given("CLIENT_CERTIFICATE"),
    given("CLIENT_KEY"),
  ];
  return {
    protocol: "grpc",
    target,
    isSecure: isSecure ?? !isInsecure,
    headers: givenFor(env, signal, "HEADERS").toReversed(),
    isCompressed: isCompressed(env, signal, warnings),
    timeoutMs: timeoutMsIn(env, signal, warnings) ?? shortMs ?? USUAL_TIMEOUT_MS,
    files: {
      ...(authorities ? { authorities } : {}),
      ...(certificate ? { certificate } : {}),
      ...(key ? { key } : {}),
    },
  };
}
