import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { ChannelCredentials, Client, Metadata, ServiceError } from "@grpc/grpc-js";
import { parseKeyPairsIntoRecord } from "@opentelemetry/core";
import type { ExportResponse, IExporterTransport } from "@opentelemetry/otlp-exporter-base";
import { codeOf } from "../../../platform/error-code.ts";
import { sleep } from "../../../timing/sleep.ts";
import type { Given } from "../../otlp-variables.ts";
import { deliverWithin } from "./retry.ts";
import type { GrpcConfig } from "./settings.ts";
import { refusedBy } from "./status.ts";

type Grpc = typeof import("@grpc/grpc-js");

/** Why nothing was delivered, as its `code`. */
class NotDelivered extends Error {
  readonly code: string;
  constructor(why: string) {
    super(why);
    this.code = why;
  }
}

/** A connection to the collector. */
interface Open {
  client: Client;
  metadata: Metadata;
}

/**
 * Sends messages that are serialized already as calls of a service of OTLP.
 *
 * @param method the path of the service's method
 * @param agent what the collector is told of who sends
 */
export function createGrpcTransport(config: GrpcConfig, method: string, agent: string): IExporterTransport {
  let open: Open | undefined;
  const close = () => {
    open?.client.close();
    open = undefined;
  };
  const deliver = async (message: Uint8Array, limitMs: number): Promise<ExportResponse> => {
    // Loaded where it is used: it takes longer than a bare start.
    const grpc = await import("@grpc/grpc-js");
    open ??= connect(grpc, config, agent);
    // Who does not answer may be gone: the next delivery connects anew.
    return call(open, { method, message, limitMs, onNoAnswer: close });
  };
  return {
    send: (message, timeoutMs) =>
      deliverWithin(timeoutMs, (limitMs) => deliver(message, limitMs), {
        now: Date.now,
        sleep,
        random: Math.random,
      }).catch((error: unknown) => ({
        status: "failure",
        error: error instanceof Error ? error : new NotDelivered("unforeseen"),
      })),
    shutdown: close,
  };
}

/** @throws NotDelivered where the settings cannot be used */
function connect(grpc: Grpc, config: GrpcConfig, agent: string): Open {
  const client = new grpc.Client(config.target, credentialsOf(grpc, config), {
    "grpc.primary_user_agent": agent,
    "grpc.default_compression_algorithm": config.isCompressed
      ? grpc.compressionAlgorithms.gzip
      : grpc.compressionAlgorithms.identity,
    // What may be tried again is known by the standard of OTLP alone.
    "grpc.enable_retries": 0,
    ...(addressOf(config) ? { "grpc.ssl_target_name_override": NO_NAME } : {}),
  });
  return { client, metadata: metadataOf(grpc, config.headers) };
}

function metadataOf(grpc: Grpc, headers: Given[]): Metadata {
  const metadata = new grpc.Metadata();
  for (const { name, value } of headers)
    for (const [key, content] of Object.entries(parseKeyPairsIntoRecord(value)))
      try {
        metadata.set(key, content);
      } catch {
        throw new NotDelivered(`a header of ${name} cannot be sent`);
      }
  return metadata;
}

/** Named to a server that is reached by its address: the library names that itself, which TLS forbids (RFC 6066 §3). */
const NO_NAME = "address.invalid";

/** The IP address of who is reached encrypted by one. */
function addressOf({ target, isSecure }: GrpcConfig): string | undefined {
  const host = /^(?:(?:dns|ipv[46]):\/*)?\[?([\da-f.:]+?)\]?(?::\d+)?$/i.exec(target)?.[1];
  return isSecure && host !== undefined && isIP(host) > 0 ? host : undefined;
}

function credentialsOf({ credentials }: Grpc, config: GrpcConfig): ChannelCredentials {
  if (!config.isSecure) return credentials.createInsecure();
  const address = addressOf(config);
  const identity = address
    ? {
        checkServerIdentity: (_name: string, certificate: PeerCertificate) =>
          checkServerIdentity(address, certificate),
      }
    : {};
  const { files } = config;
  const { authorities, certificate, key } = files;
  try {
    return credentials.createSsl(contentOf(authorities), contentOf(key), contentOf(certificate), identity);
  } catch (error) {
    if (error instanceof NotDelivered) throw error;
    throw new NotDelivered("a certificate and its key must both be named, and fit");
  }
}

function contentOf(file: Given | undefined): Buffer | null {
  if (!file) return null;
  try {
    return readFileSync(file.value);
  } catch (error) {
    throw new NotDelivered(`${file.name} cannot be read: ${codeOf(error)}`);
  }
}

interface Call {
  method: string;
  message: Uint8Array;
  limitMs: number;
  onNoAnswer(): void;
}

const call = (
  { client, metadata }: Open,
  { method, message, limitMs, onNoAnswer }: Call,
): Promise<ExportResponse> =>
  new Promise((resolve) => {
    const answered = (error: ServiceError | null, data?: Uint8Array) => {
      if (!error) return resolve({ status: "success", ...(data ? { data } : {}) });
      const [details] = error.metadata?.get("grpc-status-details-bin") ?? [];
      const { name, isRetryable, isUnanswered, retryInMs } = refusedBy(
        error.code,
        typeof details === "string" ? undefined : details,
      );
      if (isUnanswered) onNoAnswer();
      const failure = new NotDelivered(`gRPC status ${name}`);
      if (!isRetryable) return resolve({ status: "failure", error: failure });
      resolve({
        status: "retryable",
        error: failure,
        ...(retryInMs === undefined ? {} : { retryInMillis: retryInMs }),
      });
    };
    const deadline = Date.now() + limitMs;
    client.makeUnaryRequest(method, asBuffer, asBytes, message, metadata, { deadline }, answered);
  });

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
const asBytes = (bytes: Buffer): Uint8Array => bytes;
