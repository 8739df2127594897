import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";

/** What makes a connection other than the default one. */
export interface FetchOptions {
  /** PEM text of certificate authorities trusted beside the system's. */
  ca?: string;
  /** PEM text of the client certificate and its key (mutual TLS, RFC 8705). */
  cert?: string;
  key?: string;
}

interface DenoHttp {
  createHttpClient(options: { caCerts?: string[]; cert?: string; key?: string }): unknown;
}

/**
 * A `fetch` for long-lived streams and private networks: no time limit of its own, TLS material as given,
 * `HTTPS_PROXY`, `NO_PROXY` and `NODE_EXTRA_CA_CERTS` as the runtime reads them. The one place where the runtimes'
 * ways differ: Bun takes `tls` and `timeout` with each call, Deno an HTTP client.
 */
export function createFetch(options: FetchOptions, env: Record<string, string | undefined>): typeof fetch {
  const deno = (globalThis as { Deno?: DenoHttp }).Deno;
  if (deno) {
    const { ca, cert, key } = options;
    if (!ca && !cert) return fetch;
    const client = deno.createHttpClient({
      ...(ca ? { caCerts: [ca] } : {}),
      ...(cert && key ? { cert, key } : {}),
    });
    return withInit({ client });
  }
  return withInit({ timeout: false, ...bunTls(options, env) });
}

function bunTls({ ca, cert, key }: FetchOptions, env: Record<string, string | undefined>): object {
  if (!ca && !cert) return {};
  const extra = env.NODE_EXTRA_CA_CERTS;
  // A `ca` given replaces the built-in ones, so those are named again.
  const authorities = ca ? { ca: [...rootCertificates, ...(extra ? [readExtra(extra)] : []), ca] } : {};
  return { tls: { ...authorities, ...(cert && key ? { cert, key } : {}) } };
}

function readExtra(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

const withInit = (extra: object): typeof fetch =>
  Object.assign((input: RequestInfo | URL, init?: RequestInit) => fetch(input, { ...init, ...extra }), {
    preconnect: fetch.preconnect,
  });
