import { codeOf } from "../error-code.ts";
import { noAuthorities, proxyFailed, proxyRefused } from "../errors.ts";
import { authoritiesWith } from "./authorities.ts";
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
  return withInit(deno ? denoInit(deno, options, env) : bunInit(options, env), options.userAgent, env);
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

function bunInit({ ca, cert, key }: FetchOptions, env: Variables): object {
  const authorities = ca ? { ca: authoritiesWith(ca) } : {};
  const pair = cert && key ? { cert, key } : {};
  // The runtime reads it anew for each request, so it is given only where it makes a difference.
  const isUnchecked =
    (env.NODE_TLS_REJECT_UNAUTHORIZED ?? process.env.NODE_TLS_REJECT_UNAUTHORIZED) !== undefined;
  return {
    timeout: false,
    // Else BUN_CONFIG_VERBOSE_FETCH would print requests with their tokens.
    verbose: false,
    ...(ca || (cert && key) || isUnchecked
      ? { tls: { rejectUnauthorized: true, ...authorities, ...pair } }
      : {}),
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

const withInit = (extra: object, userAgent: string | undefined, env: Variables): typeof fetch => {
  const name = userAgent === undefined ? undefined : namer(userAgent);
  return Object.assign(
    (input: RequestInfo | URL, init?: RequestInit) => {
      const headers = name && { headers: name(headersOf(input, init)) };
      // No `await`: every request comes this way.
      return fetch(input, { ...init, ...headers, ...extra }).then(
        (response) => (response.status === 407 ? unlessProxys(response, input, env) : response),
        (error: unknown) => {
          const through = init?.signal?.aborted ? null : proxyOf(input, env);
          throw through === null ? error : proxyProblem(through, error);
        },
      );
    },
    { preconnect: fetch.preconnect },
  );
};

/** Looked up only where something failed. */
const proxyOf = (input: RequestInfo | URL, env: Variables) =>
  proxyFor(new URL(input instanceof Request ? input.url : input), env);

/** The proxy's own refusal must not be taken for a word of the server. */
async function unlessProxys(response: Response, input: RequestInfo | URL, env: Variables): Promise<Response> {
  const refuser = proxyOf(input, env);
  if (!refuser) return response;
  await response.body?.cancel();
  throw proxyRefused(refuser.host, 407);
}

const headersOf = (input: RequestInfo | URL, init: RequestInit | undefined) =>
  init?.headers ?? (input instanceof Request ? input.headers : {});

/**
 * Adds who asks to headers, unless they say so already. Frozen ones are those of many requests: what the runtime makes of
 * them is made once.
 */
function namer(userAgent: string): (headers: HeadersInit) => HeadersInit {
  const made = new WeakMap<HeadersInit, Headers>();
  return (headers) => {
    if (headers instanceof Headers || Array.isArray(headers)) return withName(headers, userAgent);
    if (!Object.isFrozen(headers))
      return isNamed(headers) ? headers : { "user-agent": userAgent, ...headers };
    let all = made.get(headers);
    if (!all) {
      all = withName(headers, userAgent);
      made.set(headers, all);
    }
    return all;
  };
}

function withName(headers: HeadersInit, userAgent: string): Headers {
  const all = new Headers(headers);
  if (!all.has("user-agent")) all.set("user-agent", userAgent);
  return all;
}

function isNamed(headers: Record<string, string>): boolean {
  for (const name in headers)
    if (name.length === "user-agent".length && name.toLowerCase() === "user-agent") return true;
  return false;
}

/** The failure in the proxy's name where it is the proxy's; else the failure as it was. */
function proxyProblem(proxy: URL | undefined, error: unknown): unknown {
  // Its value may hold a password.
  if (!proxy) return proxyFailed("that the environment names", "its address cannot be read");
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
