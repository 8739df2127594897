import { M2mcpError } from "../../failure.ts";
import type { Refusal } from "../../net/authorization.ts";
import { redirectRefused, retryLater, timedOut } from "../../net/errors.ts";
import { hostOf, networkError } from "../../net/network-error.ts";
import { retryAfterMs } from "../../net/retry-after.ts";
import { backoffMs } from "../../timing/backoff.ts";
import { watchSilence } from "../../timing/idle-timeout.ts";
import { follow } from "../../timing/linked-abort.ts";
import { sleep } from "../../timing/sleep.ts";
import type { Text } from "../jsonrpc/bytes.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { type HttpResponse, watchResponse } from "./body.ts";

const MAX_AUTHORIZATIONS = 6;
const MAX_REDIRECTS = 3;
/** Base of the wait where a server says `Retry-After: 0` again and again, in ms. */
const AGAIN_MS = 100;

/** One HTTP request to the MCP endpoint. */
export interface HttpRequest {
  method: "POST" | "GET" | "DELETE";
  body?: Text;
  headers: Record<string, string>;
  /** Ends the request from outside; its reason is what is thrown. */
  signal?: AbortSignal;
  /** Silence allowed in the body, in ms; the endpoint's own limit unless given. */
  bodyTimeoutMs?: number;
  /** Longest `Retry-After` that is waited for, in ms; what is left of the endpoint's time limit unless given. */
  longestWaitMs?: number;
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
  const host = hostOf(url);
  const abort = new AbortController();
  const unlink = follow(request.signal, abort);
  const watch = (limitMs: number) => watchSilence(limitMs, () => abort.abort(timedOut(host, limitMs)));
  const head = watch(endpoint.timeoutMs);
  try {
    const response = await endpoint.fetch(url, {
      method: request.method,
      headers: { ...ownHeaders(endpoint), ...request.headers, ...authorized },
      redirect: "manual",
      signal: abort.signal,
      ...(request.body === undefined ? {} : { body: request.body as BodyInit }),
    });
    head.stop();
    const body = watch(request.bodyTimeoutMs ?? endpoint.timeoutMs);
    const end = () => {
      body.stop();
      unlink();
    };
    return watchResponse(response, host, body, abort.signal, end);
  } catch (error) {
    head.stop();
    unlink();
    throw networkError(error, abort.signal, host);
  }
}

/** The user's headers, in lower case, so that ours of the same name replace them. */
const ownHeaders = ({ headers }: Endpoint) =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));

const isRefusedConnection = (error: unknown) =>
  error instanceof M2mcpError && error.code === "connection_refused";
