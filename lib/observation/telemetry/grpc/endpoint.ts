/** Where a gRPC client connects to. */
export interface GrpcEndpoint {
  /** As gRPC names targets ("gRPC Name Resolution"). */
  target: string;
  /** Undefined where the address does not say. */
  isSecure: boolean | undefined;
  /** A path, which means nothing over gRPC. */
  path: string;
}

/** Whether addresses of this scheme are encrypted. */
const SCHEMES: Readonly<Record<string, boolean>> = { http: false, https: true, grpc: false, grpcs: true };
/** OTLP/gRPC "Default Port"; services that are reached encrypted have the web's. */
const PORT = "4317";
const SECURE_PORT = "443";

/** Whether only gRPC can be meant: by a scheme of its own, or by the port that is registered for OTLP over it. */
export const isGrpcAddress = (address: string): boolean =>
  /^grpcs?:\/\//i.test(address) || partsOf(address)?.port === PORT;

/** An address as URLs and as gRPC have it: `http://host:4317`, `host:4317`, `dns:///host:4317`, `unix:/path`. */
export function grpcEndpoint(address: string, isInsecure: boolean): GrpcEndpoint {
  const parts = partsOf(address);
  if (!parts) return { target: address, isSecure: undefined, path: "" };
  const { scheme, host, path } = parts;
  const isSecure = scheme === "" ? undefined : SCHEMES[scheme];
  const usualPort = (isSecure ?? !isInsecure) ? SECURE_PORT : PORT;
  return { target: `${host}:${parts.port || usualPort}`, isSecure, path: path === "/" ? "" : path };
}

/** The parts of a URL, and of a bare host; undefined for targets that are neither. */
function partsOf(address: string) {
  // Not `URL`, which forgets a port that is its scheme's.
  const found =
    /^(?:(?<scheme>https?|grpcs?):\/\/(?:[^/@]*@)?)?(?<host>[\w.-]+|\[[\da-f:.]+\])(?::(?<port>\d+))?(?<path>\/.*)?$/i.exec(
      address,
    )?.groups;
  if (!found) return undefined;
  const { scheme = "", host = "", port = "", path = "" } = found;
  return { scheme: scheme.toLowerCase(), host, port, path };
}
