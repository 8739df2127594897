import type { Client, ServiceError } from "@grpc/grpc-js";
import type { M2mcpError } from "../../../failure.ts";
import { oneLine } from "../../../net/one-line.ts";
import { codeOf } from "../../../platform/error-code.ts";
import { SOCKET_VARIABLE, type WorkloadEndpoint, workloadEndpoint } from "./endpoint.ts";
import { noSvid, type SvidKind } from "./errors.ts";

const SERVICE = "/SpiffeWorkloadAPI";
/** Longest answer, in bytes: trust bundles of many domains have some hundred KiB. */
const MAX_BYTES = 4 * 1024 * 1024;

/** What a call to the Workload API is given. */
export interface WorkloadCall {
  kind: SvidKind;
  endpoint: WorkloadEndpoint;
  request: Uint8Array;
}

/** What is told of a stream of answers. */
export interface StreamEvents {
  onMessage(message: Uint8Array): void;
  /** Once; nothing comes after it. */
  onEnd(failure: M2mcpError): void;
}

/**
 * Where the Workload API is by the environment.
 *
 * @throws M2mcpError no_identity: what was looked for, and what to switch on
 */
export function endpointFrom(env: Record<string, string | undefined>, kind: SvidKind): WorkloadEndpoint {
  const text = env[SOCKET_VARIABLE];
  if (!text)
    throw noSvid(
      kind,
      `the variable ${SOCKET_VARIABLE} is not set`,
      `run this where a SPIFFE agent is, with its socket mounted and ${SOCKET_VARIABLE}=unix:///PATH (often /run/spire/agent-sockets/spire-agent.sock or /tmp/spire-agent/public/api.sock)`,
    );
  const endpoint = workloadEndpoint(text);
  if (endpoint) return endpoint;
  throw noSvid(
    kind,
    `${SOCKET_VARIABLE} is ${oneLine(text, 100)}, which names no socket`,
    "it is unix:///PATH with the whole path of a socket, or tcp://IP:PORT",
  );
}

/** Asks once (`FetchJWTSVID`). @throws M2mcpError no_identity; the signal's reason */
export async function callOnce(
  call: WorkloadCall,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const { client, metadata } = await open(call);
  let stop = () => {};
  try {
    return await new Promise<Uint8Array>((resolve, reject) => {
      const deadline = Date.now() + timeoutMs;
      const answered = (error: ServiceError | null, message?: Uint8Array) => {
        if (!error && message) return resolve(message);
        failureOf(call, error?.code, timeoutMs).then(reject, reject);
      };
      const path = `${SERVICE}/FetchJWTSVID`;
      const { request } = call;
      const sent = client.makeUnaryRequest(
        path,
        asBuffer,
        asBytes,
        request,
        metadata,
        { deadline },
        answered,
      );
      stop = () => {
        sent.cancel();
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", stop, { once: true });
      if (signal?.aborted) stop();
    });
  } finally {
    signal?.removeEventListener("abort", stop);
    client.close();
  }
}

/**
 * Asks for X.509-SVIDs and for each change of them (`FetchX509SVID`).
 *
 * @returns what ends it, after which nothing more is told
 */
export async function followX509(call: WorkloadCall, events: StreamEvents): Promise<() => void> {
  const { client, metadata } = await open(call);
  let isOver = false;
  const over = () => {
    isOver = true;
    client.close();
  };
  const end = (code: number | undefined) => {
    if (isOver) return;
    over();
    failureOf(call, code, undefined).then(events.onEnd, events.onEnd);
  };
  const stream = client.makeServerStreamRequest(
    `${SERVICE}/FetchX509SVID`,
    asBuffer,
    asBytes,
    call.request,
    metadata,
  );
  stream.on("data", (message: Uint8Array) => isOver || events.onMessage(message));
  stream.on("error", (error: ServiceError) => end(error.code));
  stream.on("end", () => end(undefined));
  return () => {
    over();
    stream.cancel();
  };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
const asBytes = (bytes: Buffer): Uint8Array => bytes;

async function open({
  endpoint,
}: WorkloadCall): Promise<{ client: Client; metadata: import("@grpc/grpc-js").Metadata }> {
  // Loaded where it is used: it takes longer than a bare start.
  const grpc = await import("@grpc/grpc-js");
  const metadata = new grpc.Metadata();
  // Without it the agent refuses, so that no request forged elsewhere gets an identity (Workload Endpoint §3).
  metadata.set("workload.spiffe.io", "true");
  const client = new grpc.Client(endpoint.target, grpc.credentials.createInsecure(), {
    // The agent is on this machine, whatever proxies the environment names.
    "grpc.enable_http_proxy": 0,
    "grpc.max_receive_message_length": MAX_BYTES,
    "grpc.enable_retries": 0,
    "grpc.use_local_subchannel_pool": 1,
  });
  return { client, metadata };
}

/** What a status means for a person (Workload Endpoint §6); the agent's own words may be anything, and are not shown. */
async function failureOf(
  { kind, endpoint: { place } }: WorkloadCall,
  status: number | undefined,
  timeoutMs: number | undefined,
): Promise<M2mcpError> {
  switch (status) {
    case 7:
      return noSvid(
        kind,
        `the agent at ${place} has no identity for this process`,
        "register one whose selectors fit it, such as spire-server entry create -selector unix:uid:N or k8s:sa:NAME; a new one takes the agent some seconds",
      );
    case 4:
      return noSvid(kind, `${place} gave no answer within ${(timeoutMs ?? 0) / 1000} s`, CHECK_AGENT);
    case 8:
      return noSvid(
        kind,
        `the answer of ${place} is longer than ${MAX_BYTES / 1024 / 1024} MiB`,
        CHECK_AGENT,
      );
    case 12:
      return noSvid(
        kind,
        `${place} does not offer it`,
        `check that ${SOCKET_VARIABLE} is the Workload API, and that this profile is on`,
      );
    case 14:
      return noSvid(kind, `${place} cannot be reached${await reasonAt(place)}`, CHECK_AGENT);
    default:
      return noSvid(
        kind,
        `${place} answered with ${status === undefined ? "nothing" : `gRPC status ${status}`}`,
        CHECK_AGENT,
      );
  }
}

const CHECK_AGENT = `check that the SPIFFE agent runs there and that this process may use its socket (${SOCKET_VARIABLE})`;

/** Why a socket is not reached, as far as its file tells. */
async function reasonAt(place: string): Promise<string> {
  if (!place.startsWith("/")) return "";
  const { access, constants, stat } = await import("node:fs/promises");
  try {
    if (!(await stat(place)).isSocket()) return ": it is no socket";
    await access(place, constants.R_OK | constants.W_OK);
    return ": nobody listens there";
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") return ": there is no such file";
    return code === "EACCES" || code === "EPERM" ? ": this user may not use it" : "";
  }
}
