// A SPIFFE agent's Workload API, by the reference gRPC library: it refuses what lacks the security header, hands out
// JWT-SVIDs for one workload, and follows an X.509-SVID that a test rotates.
import * as grpc from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import type { Issuer } from "./issuer.ts";

/** An X.509-SVID as the Workload API has it, DER. */
export interface X509 {
  chain: Buffer;
  key: Buffer;
  bundle: Buffer;
}

export interface Agent {
  /** For `SPIFFE_ENDPOINT_SOCKET`. */
  socket: string;
  spiffeId: string;
  /** Streams of X.509-SVIDs that are open. */
  streams: Set<grpc.ServerWritableStream<unknown, unknown>>;
  /** The X.509-SVID from now on, told to all that follow it. */
  rotate(svid: X509): void;
  /** From now on streams are taken, and nothing is told. */
  mute(): void;
  /** A status in place of every answer. */
  refusing: grpc.status | undefined;
  /** SVIDs of others, told first. */
  others: { spiffeId: string; svid: string }[];
  stop(): void;
}

const field = (id: number, type: string, rule?: "repeated") => ({ id, type, ...(rule ? { rule } : {}) });

/** The published workload.proto, as far as it is used. */
const WORKLOAD_API = fromJSON(
  {
    nested: {
      X509SVIDRequest: { fields: {} },
      X509SVIDResponse: {
        fields: { svids: field(1, "X509SVID", "repeated"), crl: field(2, "bytes", "repeated") },
      },
      X509SVID: {
        fields: {
          spiffeId: field(1, "string"),
          x509Svid: field(2, "bytes"),
          x509SvidKey: field(3, "bytes"),
          bundle: field(4, "bytes"),
          hint: field(5, "string"),
        },
      },
      JWTSVIDRequest: { fields: { audience: field(1, "string", "repeated"), spiffeId: field(2, "string") } },
      JWTSVIDResponse: { fields: { svids: field(1, "JWTSVID", "repeated") } },
      JWTSVID: {
        fields: { spiffeId: field(1, "string"), svid: field(2, "string"), hint: field(3, "string") },
      },
      SpiffeWorkloadAPI: {
        methods: {
          FetchX509SVID: {
            requestType: "X509SVIDRequest",
            responseType: "X509SVIDResponse",
            responseStream: true,
            comment: "",
          },
          FetchJWTSVID: { requestType: "JWTSVIDRequest", responseType: "JWTSVIDResponse", comment: "" },
        },
      },
    },
  },
  { defaults: true },
);

const service = () => {
  const { SpiffeWorkloadAPI: api } = grpc.loadPackageDefinition(WORKLOAD_API);
  if (typeof api !== "function") throw new Error("no service");
  return api as grpc.ServiceClientConstructor;
};

/** What the reference library itself gets from an agent: the JWT-SVID for an audience. */
export function jwtSvidByGrpc(target: string, audience: string, header = true): Promise<string> {
  const client = new (service())(target, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  if (header) metadata.set("workload.spiffe.io", "true");
  return new Promise<string>((resolve, reject) =>
    client.FetchJWTSVID?.(
      { audience: [audience] },
      metadata,
      (error: Error | null, answer: { svids: { svid: string }[] }) =>
        error ? reject(error) : resolve(answer.svids[0]?.svid ?? ""),
    ),
  ).finally(() => client.close());
}

/** @param address for gRPC: `unix:/path`, or `127.0.0.1:0` */
export async function startAgent(issuer: Issuer, spiffeId: string, address: string): Promise<Agent> {
  let svid: X509 | undefined;
  const server = new grpc.Server();
  const refusal = ({ metadata }: { metadata: grpc.Metadata }) => {
    if (metadata.get("workload.spiffe.io")[0] !== "true")
      return { code: grpc.status.INVALID_ARGUMENT, details: "security header missing from request" };
    return agent.refusing === undefined ? undefined : { code: agent.refusing, details: "planted words" };
  };
  const tell = (stream: grpc.ServerWritableStream<unknown, unknown>) =>
    svid &&
    stream.write({
      svids: [{ spiffeId, x509Svid: svid.chain, x509SvidKey: svid.key, bundle: svid.bundle, hint: "main" }],
    });
  server.addService(service().service, {
    async FetchJWTSVID(
      call: grpc.ServerUnaryCall<{ audience: string[]; spiffeId: string }, unknown>,
      answer: grpc.sendUnaryData<unknown>,
    ) {
      const refused = refusal(call);
      if (refused) return answer(refused);
      const { audience, spiffeId: wanted } = call.request;
      if (wanted !== "" && wanted !== spiffeId)
        return answer({ code: grpc.status.PERMISSION_DENIED, details: "no identity issued" });
      const token = await issuer.token(audience, { sub: spiffeId });
      answer(null, { svids: [...agent.others, { spiffeId, svid: token, hint: "main" }] });
    },
    FetchX509SVID(stream: grpc.ServerWritableStream<unknown, unknown>) {
      const refused = refusal(stream);
      if (refused) return stream.emit("error", refused);
      agent.streams.add(stream);
      stream.on("cancelled", () => agent.streams.delete(stream));
      tell(stream);
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const agent: Agent = {
    socket: address.startsWith("unix:") ? address.replace("unix:", "unix://") : `tcp://127.0.0.1:${port}`,
    spiffeId,
    streams: new Set(),
    refusing: undefined,
    others: [],
    rotate(next) {
      svid = next;
      for (const stream of agent.streams) tell(stream);
    },
    mute() {
      svid = undefined;
    },
    stop: () => server.forceShutdown(),
  };
  return agent;
}
