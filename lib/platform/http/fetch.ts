import { codeOf } from "../error-code.ts";
import { noAuthorities, proxyFailed, proxyRefused } from "../errors.ts";
import { proxyFor } from "./proxy.ts";

/** What makes requests other than the runtime's default ones. */
export interface FetchOptions {
  /** PEM text of certificate authorities trusted beside the system's. */
  ca?: string;
  /** PEM text of the client certificate and its key (mutual TLS, RFC 8705). */
  cert?: string;
  key?: string;
  /** `User-Agent` of requests that name none (RFC 9110 §10.1.5). */
  userAgent?: string;
  /** Told, once in the life of this process, what of the environment does not count. */
  warn?(line: string): void;
}

type Variables = Record<string, string | undefined>;

interface DenoHttp {
  createHttpClient(options: { caCerts?: string[]; cert?: string; key?: string }): unknown;
}

/**
 * A `fetch` for long-lived streams and private networks: no time limit of its own, TLS material as given,
 * `HTTPS_PROXY`, `NO_PROXY` and `NODE_EXTRA_CA_CERTS` as the runtime reads them, certificates checked whatever
 * `NODE_TLS_REJECT_UNAUTHORIZED` says. The one place where the runtimes' ways differ: Bun takes `tls` and `timeout`
 * with each call, Deno an HTTP client.
 *
 * @returns a `fetch` that throws M2mcpError (exit 3) where a proxy is what failed
 * @throws M2mcpError usage where a variable names what is no file as certificate authorities
 */
export function createFetch(options: FetchOptions, env: Variables): typeof fetch {
  warnOfUnchecked(options, env);
  for (const name of ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"]) checkAuthorities(name, env[name]);
  const deno = (globalThis as { Deno?: DenoHttp }).Deno;
  return withInit(deno ? denoInit(deno, options, env) : bunInit(options), options.userAgent, env);
}

let hasWarned = false;

function warnOfUnchecked({ warn }: FetchOptions, env: Variables): void {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED !== "0" || hasWarned || !warn) return;
  hasWarned = true;
  warn(
    "NODE_TLS_REJECT_UNAUTHORIZED=0 does not count here: certificates are checked (--ca FILE names a private authority)",
  );
}

/** No bundle is near it, and the runtime would read what is beyond memory, in bytes. */
const MAX_AUTHORITIES_BYTES = 64 * 1024 * 1024;

/** The runtime reads what these name by itself, and would wait for a pipe's writer for ever. */
function checkAuthorities(variable: string, path: string | undefined): void {
  if (!path) return;
  let isFile = true;
  try {
    const found = process.getBuiltinModule("node:fs").statSync(path);
    isFile = found.isFile() && found.size <= MAX_AUTHORITIES_BYTES;
  } catch {
    // One that is not there is not waited for.
  }
  if (!isFile) throw noAuthorities(variable, path);
}

function bunInit({ ca, cert, key }: FetchOptions): object {
  // A `ca` given replaces all others, so those are named again: built-in, NODE_EXTRA_CA_CERTS, NODE_USE_SYSTEM_CA.
  const authorities = ca
    ? { ca: [...process.getBuiltinModule("node:tls").getCACertificates("default"), ca] }
    : {};
  const pair = cert && key ? { cert, key } : {};
  return {
    timeout: false,
    // Else BUN_CONFIG_VERBOSE_FETCH would print requests with their tokens.
    verbose: false,
    tls: { rejectUnauthorized: true, ...authorities, ...pair },
  };
}

/** Deno checks certificates whatever the environment says. */
function denoInit(deno: DenoHttp, { ca, cert, key }: FetchOptions, env: Variables): object {
  const extra = readExtra(env);
  if (!ca && !cert && !extra) return {};
  const client = deno.createHttpClient({
    ...(ca || extra ? { caCerts: [ca, extra].filter((pem) => pem !== undefined) } : {}),
    ...(cert && key ? { cert, key } : {}),
  });
  return { client };
}

function readExtra(env: Variables): string | undefined {
  try {
    return env.NODE_EXTRA_CA_CERTS
      ? process.getBuiltinModule("node:fs").readFileSync(env.NODE_EXTRA_CA_CERTS, "utf8")
      : undefined;
  } catch {
    return undefined;
  }
}

const withInit = (extra: object, userAgent: string | undefined, env: Variables): typeof fetch =>
  Object.assign(
    async (input: RequestInfo | URL, init?: RequestInit) => {
      // Looked up only where something failed: every request comes this way.
      const proxy = () => proxyFor(new URL(input instanceof Request ? input.url : input), env);
      const headers = userAgent === undefined ? {} : { headers: named(userAgent, headersOf(input, init)) };
      let response: Response;
      try {
        response = await fetch(input, { ...init, ...headers, ...extra });
      } catch (error) {
        const through = init?.signal?.aborted ? null : proxy();
        throw through ? proxyProblem(through, error) : error;
      }
      // The proxy's own refusal must not be taken for a word of the server.
      const refuser = response.status === 407 ? proxy() : null;
      if (refuser) {
        await response.body?.cancel();
        throw proxyRefused(refuser.host, 407);
      }
      return response;
    },
    { preconnect: fetch.preconnect },
  );

const headersOf = (input: RequestInfo | URL, init: RequestInit | undefined) =>
  init?.headers ?? (input instanceof Request ? input.headers : {});

/** Headers that say who asks, unless they do already. */
function named(userAgent: string, headers: HeadersInit): HeadersInit {
  if (headers instanceof Headers || Array.isArray(headers)) {
    const all = new Headers(headers);
    if (!all.has("user-agent")) all.set("user-agent", userAgent);
    return all;
  }
  // Without a copy into `Headers`: every request of a bridge comes this way.
  for (const name in headers)
    if (name.length === "user-agent".length && name.toLowerCase() === "user-agent") return headers;
  return { "user-agent": userAgent, ...headers };
}

/** The failure in the proxy's name where it is the proxy's; else the failure as it was. */
function proxyProblem(proxy: URL, error: unknown): unknown {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : "";
  // The runtime gives no status but in words.
  if (code === "ERR_PROXY_TUNNEL")
    return proxyRefused(proxy.host, Number(/\b[1-5]\d\d\b/.exec(message)?.[0]));
  if (code === "UnsupportedProxyProtocol")
    return proxyFailed(proxy.host, `it is no http proxy (${proxy.protocol})`);
  if (code === "ECONNREFUSED" || code === "ConnectionRefused")
    return proxyFailed(proxy.host, "it refused the connection");
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return proxyFailed(proxy.host, "there is no such host");
  if (code === "EPROTO" && proxy.protocol === "https:")
    return proxyFailed(proxy.host, "it does not speak https; http:// may be right");
  return error;
}
