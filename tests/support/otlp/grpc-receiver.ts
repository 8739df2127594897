// Takes traces and metrics as a collector does over gRPC, by the reference library and the official definitions.
import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";
import { plain, REQUESTS, type Receiver, ROOT, read } from "./receiver.ts";

/** A status in place of an answer. */
export interface Refusal {
  code: grpc.status;
  /** `RetryInfo.retry_delay`, in ms. */
  retryInMs?: number;
}

export interface GrpcReceiver extends Receiver {
  /** `host:port`. */
  target: string;
  /** What comes next is refused so, in this order. */
  refusing: Refusal[];
  /** When each call came, in ms since 1970. */
  calls: number[];
}

/** PEM of a server, and of whom it lets in. */
interface Tls {
  cert: Buffer;
  key: Buffer;
  clients?: Buffer;
}

const asBytes = (bytes: Buffer) => bytes;

export async function startGrpcReceiver(tls?: Tls): Promise<GrpcReceiver> {
  const taken: Receiver["taken"] = [];
  const refusing: Refusal[] = [];
  const calls: number[] = [];
  const server = new grpc.Server();
  for (const [path, type] of Object.entries(REQUESTS)) {
    const service = type.replace(/\.Export(\w+)ServiceRequest$/, ".$1Service");
    const definition = ROOT.lookupType(type);
    const method = {
      path: `/${service}/Export`,
      requestStream: false,
      responseStream: false,
      requestDeserialize: asBytes,
      requestSerialize: asBytes,
      responseDeserialize: asBytes,
      responseSerialize: asBytes,
    } as const;
    const handle: grpc.handleUnaryCall<Buffer, Buffer> = (call, answer) => {
      calls.push(Date.now());
      const refusal = refusing.shift();
      if (refusal) return answer({ code: refusal.code, metadata: detailsOf(refusal) });
      const body = plain(definition, definition.decode(call.request));
      taken.push({ path, headers: call.metadata.getMap(), body });
      answer(null, Buffer.alloc(0));
    };
    server.addService({ Export: method }, { Export: handle });
  }
  const pair = tls && { cert_chain: tls.cert, private_key: tls.key };
  const credentials = pair
    ? grpc.ServerCredentials.createSsl(tls.clients ?? null, [pair], tls.clients !== undefined)
    : grpc.ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(tls ? "0.0.0.0:0" : "127.0.0.1:0", credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const target = `127.0.0.1:${port}`;
  const stop = async () => server.forceShutdown();
  return { url: `grpc://${target}`, target, refusing, calls, ...read(taken), stop };
}

const DETAILS = protobuf.parse(`
  syntax = "proto3";
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Any { string type_url = 1; bytes value = 2; }
  message RetryInfo { Duration retry_delay = 1; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
`).root;

/** The details of a refusal (`google.rpc.Status`). */
export function statusDetails({ code, retryInMs = 0 }: Refusal): Buffer {
  const seconds = Math.floor(retryInMs / 1000);
  const delay = { retryDelay: { seconds, nanos: Math.round((retryInMs - seconds * 1000) * 1e6) } };
  const encoded = (name: string, value: object) => {
    const type = DETAILS.lookupType(name);
    return type.encode(type.fromObject(value)).finish();
  };
  const details = [
    { typeUrl: "type.googleapis.com/google.rpc.Help", value: new Uint8Array([8, 1]) },
    { typeUrl: "type.googleapis.com/google.rpc.RetryInfo", value: encoded("RetryInfo", delay) },
  ];
  return Buffer.from(encoded("Status", { code, message: "later", details }));
}

function detailsOf(refusal: Refusal): grpc.Metadata {
  const metadata = new grpc.Metadata();
  if (refusal.retryInMs !== undefined) metadata.set("grpc-status-details-bin", statusDetails(refusal));
  return metadata;
}
