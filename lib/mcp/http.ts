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
import { failureCode, failureReason, isBreak, isDamage, isRefusal } from "../http/network-failure.ts";
import { retryAfterMs } from "../http/retry-after.ts";
import { sleep } from "../platform/sleep.ts";
import { backoffMs } from "./backoff.ts";
import { type SilenceWatch, watchSilence } from "./silence.ts";
import { type Text, toText } from "./text.ts";
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
  body?: Text;
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
  /**
   * Hands the body's bytes to `take` as they come, and waits for it where it returns a promise.
   * @throws M2mcpError when the network or the time fails, and what `take` throws
   */
  read(take: (bytes: Uint8Array) => Promise<void> | void): Promise<void>;
  /** The whole body as text. @throws M2mcpError also when it is longer than `maxBytes`. */
  text(maxBytes?: number): Promise<Text>;
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
      ...(request.body === undefined ? {} : { body: request.body as string }),
    });
    head.stop();
    const body = watch(request.bodyTimeoutMs ?? endpoint.timeoutMs);
    const end = () => {
      body.stop();
      unlink();
    };
    return watchedResponse(response, host, body, abort.signal, end);
  } catch (error) {
    head.stop();
    unlink();
    throw networkError(error, abort.signal, host);
  }
}

/** The user's headers, in lower case, so that ours of the same name replace them. */
const ownHeaders = ({ headers }: Endpoint) =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));

/** Aborts `child` with its parent, until unlinked: a parent may outlive thousands of requests. */
function follow(parent: AbortSignal | undefined, child: AbortController): () => void {
  if (!parent) return () => {};
  const pass = () => child.abort(parent.reason);
  if (parent.aborted) pass();
  else parent.addEventListener("abort", pass, { once: true });
  return () => parent.removeEventListener("abort", pass);
}

/** Bodies said to be this short are read in one go, in bytes. */
const SHORT_BYTES = 64 * 1024;
/** For bodies said to be this long the room is made at once, in bytes; longer ones might be a lie. */
const ROOM_BYTES = 64 * 1024 * 1024;

/** @param end lets go of what watches the response; called once the body is done with */
function watchedResponse(
  response: Response,
  host: string,
  watch: SilenceWatch,
  signal: AbortSignal,
  end: () => void,
): HttpResponse {
  /** Hands the body's bytes to `take` as they come; waits where it returns a promise. */
  async function read(take: (bytes: Uint8Array) => Promise<void> | void): Promise<void> {
    const reader = response.body?.getReader();
    let finished = false;
    let taking = false;
    try {
      while (reader) {
        const { done, value } = await reader.read();
        if (done) break;
        // Time in which our own reader is slow is not the server's silence.
        watch.hold();
        taking = true;
        const taken = take(value);
        if (taken) await taken;
        taking = false;
        watch.heard();
      }
      finished = true;
      // An aborted body may end like a complete one; it is not.
      signal.throwIfAborted();
    } catch (error) {
      throw taking ? error : networkError(error, signal, host, true);
    } finally {
      end();
      if (!finished) await reader?.cancel().catch(() => {});
    }
  }

  async function short(): Promise<string> {
    try {
      const text = await response.text();
      signal.throwIfAborted();
      return text;
    } catch (error) {
      throw networkError(error, signal, host, true);
    } finally {
      end();
    }
  }

  return {
    status: response.status,
    headers: response.headers,
    read,
    async text(maxBytes = MAX_ANSWER_BYTES) {
      const said = response.headers.has("content-encoding") ? null : response.headers.get("content-length");
      const length = said === null ? Number.NaN : Number(said);
      if (length <= Math.min(SHORT_BYTES, maxBytes)) return short();
      if (length > maxBytes) {
        await this.discard();
        throw answerTooLong(host, maxBytes);
      }
      const whole = createGathering(length);
      await read((bytes) => {
        if (whole.add(bytes) > maxBytes) throw answerTooLong(host, maxBytes);
      });
      return toText(whole.bytes());
    },
    async discard() {
      end();
      await response.body?.cancel().catch(() => {});
    },
  };
}

/** Gathers the bytes of a body. @param length what the server said it would be, NaN when it did not say */
function createGathering(length: number) {
  const room = length <= ROOM_BYTES ? new Uint8Array(length) : undefined;
  const parts: Uint8Array[] = [];
  let size = 0;
  return {
    /** @returns how many bytes there are now */
    add(bytes: Uint8Array): number {
      if (room && size + bytes.length <= room.length) room.set(bytes, size);
      else parts.push(bytes);
      size += bytes.length;
      return size;
    },
    bytes(): Uint8Array {
      const [only] = parts;
      if (room && parts.length === 0) return room.subarray(0, size);
      if (!room && only && parts.length === 1) return only;
      return Buffer.concat(room ? [room.subarray(0, size - lengthOf(parts)), ...parts] : parts);
    },
  };
}

const lengthOf = (parts: Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);

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
  const code = failureCode(error);
  if (isRefusal(code)) return connectionRefused(host);
  if (isBreak(code) || (begun && code === "")) return streamCut(host);
  if (isDamage(code)) return invalidAnswer(host, "its compression is damaged");
  return connectionFailed(host, failureReason(code));
}
