import {
  answerTooLong,
  connectionFailed,
  connectionRefused,
  M2mcpError,
  redirectRefused,
  timedOut,
} from "../errors.ts";
import { failureCode, failureReason, isRefusal } from "../http/network-failure.ts";
import { retryAfterMs } from "../http/retry-after.ts";
import { type SilenceWatch, watchSilence } from "./silence.ts";
import type { Endpoint, Refusal } from "./types.ts";

/** Longest answer (one JSON body or one SSE event) accepted. */
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

const MAX_AUTHORIZATIONS = 6;
const MAX_REDIRECTS = 3;
const LONGEST_RETRY_AFTER_MS = 60_000;

/** One HTTP request to the MCP endpoint. */
export interface HttpRequest {
  method: "POST" | "GET" | "DELETE";
  body?: string;
  headers: Record<string, string>;
  /** Ends the request from outside; its reason is what is thrown. */
  signal?: AbortSignal;
  /** Silence allowed in the body, in ms; the endpoint's own limit unless given. */
  bodyTimeoutMs?: number;
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
 * Any status but those comes back to the caller.
 *
 * @throws M2mcpError network failures (exit 3), and what authorization throws (exit 4)
 */
export async function sendHttp(endpoint: Endpoint, request: HttpRequest): Promise<HttpResponse> {
  const startedMs = performance.now();
  const leftMs = () => endpoint.timeoutMs - (performance.now() - startedMs);
  let url = endpoint.url;
  let refusal: Refusal | undefined;
  let redirects = 0;
  let refusedConnections = 0;

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
      if (!isRefusedConnection(error) || sinceMs + againMs > endpoint.reconnectMs) throw error;
      await sleep(againMs, request.signal);
      continue;
    }
    endpoint.log(`${request.method} ${url} → ${response.status}`);

    const { status, headers } = response;
    endpoint.authorization.learn({ status, headers, sent: authorized });
    if ((status === 401 || status === 403) && authorizations++ < MAX_AUTHORIZATIONS) {
      await response.discard();
      refusal = {
        status,
        wwwAuthenticate: headers.get("www-authenticate"),
        sent: authorized,
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
    if (waitMs !== undefined && waitMs <= LONGEST_RETRY_AFTER_MS && waitMs < leftMs()) {
      await response.discard();
      endpoint.log(`the server asks to wait ${waitMs / 1000} s`);
      await sleep(waitMs, request.signal);
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
      throw networkError(error, signal, host);
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

/** What `fetch` threw, as our own error: by its code, never by its text, and without it as a cause. */
function networkError(error: unknown, signal: AbortSignal, host: string): unknown {
  if (signal.aborted && signal.reason instanceof M2mcpError) return signal.reason;
  if (error instanceof M2mcpError) return error;
  if (signal.aborted) return signal.reason;
  const code = failureCode(error);
  return isRefusal(code) ? connectionRefused(host) : connectionFailed(host, failureReason(code));
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
