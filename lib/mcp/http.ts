import {
  answerTooLong,
  connectionFailed,
  connectionRefused,
  invalidAnswer,
  M2mcpError,
  redirectRefused,
  retryLater,
  streamCut,
  timedOut,
} from "../errors.ts";
import { backoffMs } from "./backoff.ts";
import { type SilenceWatch, watchSilence } from "./silence.ts";
import type { Endpoint, Refusal } from "./types.ts";

/** Longest answer (one JSON body or one SSE event) accepted. */
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

const MAX_AUTHORIZATIONS = 6;
const MAX_REDIRECTS = 3;
/** Base of the wait where a server says `Retry-After: 0` again and again, in ms. */
const AGAIN_MS = 100;

/** One HTTP request to the MCP endpoint. */
export interface HttpRequest {
  method: "POST" | "GET" | "DELETE";
  body?: string;
  headers: Record<string, string>;
  /** Ends the request from outside; its reason is what is thrown. */
  signal?: AbortSignal;
  /** Silence allowed in the body, in ms; the endpoint's own limit unless given. */
  bodyTimeoutMs?: number;
  /** Longest `Retry-After` that is waited for, in ms; what is left of the endpoint's time limit unless given. */
  longestWaitMs?: number;
}

/** A response whose body is read under the same watch as the request. */
export interface HttpResponse {
  status: number;
  headers: Headers;
  /** The body's bytes as they come. @throws M2mcpError when the network or the time fails. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** The whole body as text. @throws M2mcpError also when it is longer than `maxBytes`. */
  text(maxBytes?: number): Promise<string>;
  /** Lets go of a body that is not wanted. */
  discard(): Promise<void>;
}

/**
 * Sends one request to the MCP endpoint: authorizes it, follows redirects within the origin, waits where the
 * server asks for it (429 and 503 with `Retry-After`), tries a refused connection again for `reconnectMs`.
 * Any status but those comes back to the caller. In all of these the server has not acted on the request; one
 * that it may have acted on is never sent again here.
 *
 * @throws M2mcpError network failures (exit 3), a wait longer than the request's time (exit 2), and what
 *   authorization throws (exit 4)
 */
export async function sendHttp(endpoint: Endpoint, request: HttpRequest): Promise<HttpResponse> {
  const startedMs = performance.now();
  const leftMs = () => endpoint.timeoutMs - (performance.now() - startedMs);
  const reconnectMs = Math.min(endpoint.reconnectMs, endpoint.timeoutMs);
  let url = endpoint.url;
  let refusal: Refusal | undefined;
  let redirects = 0;
  let refusedConnections = 0;
  let waits = 0;

  for (let authorizations = 0; ; ) {
    const authorized = await endpoint.authorization.headers(
      refusal ? { method: request.method, url, refusal } : { method: request.method, url },
    );
    request.signal?.throwIfAborted();
    let response: HttpResponse;
    try {
      response = await fetchOnce(endpoint, url, request, authorized);
    } catch (error) {
      const againMs = Math.min(250 * 2 ** refusedConnections++, 2000);
      const sinceMs = performance.now() - startedMs;
      if (!isRefusedConnection(error) || sinceMs + againMs > reconnectMs) throw error;
      await sleep(againMs, request.signal);
      continue;
    }
    endpoint.authorization.learn(response.headers);
    endpoint.log(`${request.method} ${url} → ${response.status}`);

    const { status, headers } = response;
    if ((status === 401 || status === 403) && authorizations++ < MAX_AUTHORIZATIONS) {
      await response.discard();
      refusal = {
        status,
        wwwAuthenticate: headers.get("www-authenticate"),
        dpopNonce: headers.get("dpop-nonce"),
        authorization: authorized.authorization ?? authorized.Authorization ?? null,
      };
      continue;
    }
    refusal = undefined;
    if (status >= 300 && status < 400) {
      await response.discard();
      const location = URL.parse(headers.get("location") ?? "", url);
      const keepsMethod = status === 307 || status === 308;
      if (
        !location ||
        location.origin !== new URL(url).origin ||
        !keepsMethod ||
        redirects++ >= MAX_REDIRECTS
      )
        throw redirectRefused(hostOf(url), location?.href ?? "nowhere");
      url = location.href;
      continue;
    }
    const waitMs =
      status === 429 || status === 503 ? retryAfterMs(headers.get("retry-after"), Date.now()) : undefined;
    if (waitMs !== undefined) {
      await response.discard();
      if (waitMs >= (request.longestWaitMs ?? leftMs())) throw retryLater(hostOf(url), status, waitMs);
      endpoint.log(`the server asks to wait ${waitMs / 1000} s`);
      const leastMs = waits === 0 ? 0 : Math.min(backoffMs(waits, AGAIN_MS), Math.max(0, leftMs()));
      waits++;
      await sleep(Math.max(waitMs, leastMs), request.signal);
      continue;
    }
    return response;
  }
}

async function fetchOnce(
  endpoint: Endpoint,
  url: string,
  request: HttpRequest,
  authorized: Record<string, string>,
): Promise<HttpResponse> {
  const headers = new Headers(endpoint.headers);
  for (const [name, value] of Object.entries({ ...request.headers, ...authorized })) headers.set(name, value);
  const host = hostOf(url);
  const head = watchSilence(endpoint.timeoutMs, () => timedOut(host, endpoint.timeoutMs));
  const bodyLimitMs = request.bodyTimeoutMs ?? endpoint.timeoutMs;
  const body = new AbortController();
  const signals = [head.signal, body.signal];
  if (request.signal) signals.push(request.signal);
  const signal = AbortSignal.any(signals);
  try {
    const response = await endpoint.fetch(url, {
      method: request.method,
      headers,
      redirect: "manual",
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    head.stop();
    return watchedResponse(response, host, bodyLimitMs, body, signal);
  } catch (error) {
    head.stop();
    throw networkError(error, signal, host);
  }
}

function watchedResponse(
  response: Response,
  host: string,
  limitMs: number,
  abort: AbortController,
  signal: AbortSignal,
): HttpResponse {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    if (!response.body) return;
    const watch: SilenceWatch = watchSilence(limitMs, () => timedOut(host, limitMs));
    const stop = () => abort.abort(watch.signal.reason);
    watch.signal.addEventListener("abort", stop, { once: true });
    const reader = response.body.getReader();
    let finished = false;
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        watch.heard();
        yield value;
        // Time in which our own reader was slow is not the server's silence.
        watch.heard();
      }
      finished = true;
      // An aborted body may end like a complete one; it is not.
      signal.throwIfAborted();
    } catch (error) {
      finished = true;
      throw networkError(error, signal, host, true);
    } finally {
      watch.stop();
      if (!finished) await reader.cancel().catch(() => {});
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    chunks,
    async text(maxBytes = MAX_ANSWER_BYTES) {
      const decoder = new TextDecoder();
      const parts: string[] = [];
      let size = 0;
      for await (const chunk of chunks()) {
        size += chunk.length;
        if (size > maxBytes) throw answerTooLong(host, maxBytes);
        parts.push(decoder.decode(chunk, { stream: true }));
      }
      parts.push(decoder.decode());
      return parts.join("");
    },
    async discard() {
      await response.body?.cancel().catch(() => {});
    },
  };
}

/** The host a person would recognize, for messages: never the path or query, which may hold a secret. */
export const hostOf = (url: string) => new URL(url).host;

const isRefusedConnection = (error: unknown) =>
  error instanceof M2mcpError && error.code === "connection_refused";

/**
 * What `fetch` threw, as our own error: by its code, never by its text, and without it as a cause.
 * @param begun the answer had begun: then what breaks off is a connection that stood
 */
function networkError(error: unknown, signal: AbortSignal, host: string, begun = false): unknown {
  if (signal.aborted && signal.reason instanceof M2mcpError) return signal.reason;
  if (error instanceof M2mcpError) return error;
  if (signal.aborted) return signal.reason;
  const code = errorCode(error);
  if (code === "ECONNREFUSED" || code === "ConnectionRefused") return connectionRefused(host);
  if (code === "ECONNRESET" || code === "ConnectionClosed" || code === "EPIPE") return streamCut(host);
  if (code === "ZlibError" || code === "BrotliDecompressionError" || code === "ZstdDecompressionError")
    return invalidAnswer(host, "its compression is damaged");
  if (begun && code === "") return streamCut(host);
  return connectionFailed(host, reasons[code] ?? (code || "the connection failed"));
}

const reasons: Record<string, string> = {
  InvalidHTTPResponse: "it does not speak HTTP",
  Malformed_HTTP_Response: "it does not speak HTTP",
  EPROTO: "the TLS handshake failed; the port may not speak TLS",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name could not be looked up",
  ETIMEDOUT: "the connection timed out",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "the network is unreachable",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed (name its authority with --ca FILE)",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate chain is self-signed (name its authority with --ca FILE)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of an unknown authority (name it with --ca FILE)",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is of an unknown authority (name it with --ca FILE)",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

function errorCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++)
    if ("code" in at && typeof at.code === "string") return at.code;
  return "";
}

/** `Retry-After` (RFC 9110 §10.2.3), seconds or a date, as ms from now; undefined when absent or unreadable. */
export function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/** Waits; rejects with the signal's reason when it fires. */
export function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, delayMs);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
