import { isIP } from "node:net";

export const SOCKET_VARIABLE = "SPIFFE_ENDPOINT_SOCKET";

/** Where the Workload API is. */
export interface WorkloadEndpoint {
  /** As gRPC names it. */
  target: string;
  /** As people do: the path of a socket, or an address with its port. */
  place: string;
}

/**
 * The Workload API that `SPIFFE_ENDPOINT_SOCKET` names (SPIFFE Workload Endpoint §4): `unix:` with an absolute path,
 * or `tcp:` with an IP address and a port, and nothing else; undefined for other texts.
 */
export function workloadEndpoint(text: string): WorkloadEndpoint | undefined {
  const url = URL.parse(text);
  if (url?.search !== "" || url.hash !== "" || url.username !== "") return undefined;
  if (url.protocol === "unix:") return socketAt(url);
  if (url.protocol !== "tcp:" || !/^\/?$/.test(url.pathname) || url.port === "") return undefined;
  const { hostname, host } = url;
  // No name: what a name stands for is not for others to say.
  if (isIP(hostname) === 4) return { target: `ipv4:${host}`, place: host };
  return isIP(hostname.replace(/^\[|\]$/g, "")) === 6 ? { target: `ipv6:${host}`, place: host } : undefined;
}

function socketAt({ host, pathname }: URL): WorkloadEndpoint | undefined {
  if (host !== "" || !pathname.startsWith("/") || pathname === "/") return undefined;
  try {
    const place = decodeURIComponent(pathname);
    return { target: `unix:${place}`, place };
  } catch {
    return undefined;
  }
}
