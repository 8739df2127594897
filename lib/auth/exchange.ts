import { createFetch } from "ofetch";
import { M2mcpError } from "../failure.ts";
import { answerTooLong, redirectRefused } from "../net/errors.ts";
import { failureCode, failureHint, failureReason } from "../net/network-failure.ts";
import { retryAfterMs } from "../net/retry-after.ts";
import { sleep } from "../timing/sleep.ts";
import type { AuthDeps } from "./deps.ts";
import { unreachable } from "./errors.ts";

const MAX_BYTES = 1024 * 1024;

/** A whole answer of an authorization server or a metadata place. */
export interface Answer {
  status: number;
  headers: Headers;
  /** The JSON it holds; undefined when it is none. */
  json: unknown;
}

/**
 * One exchange with limits on size and time, following no redirect: a secret must not be posted elsewhere. A 429 or
 * 503 that names a time within the limit is waited for once.
 *
 * @throws M2mcpError network failures (exit 3), redirect, answer_too_long; the signal's reason
 */
export async function exchange(
  deps: Pick<AuthDeps, "fetch" | "timeoutMs" | "log" | "signal">,
  url: string,
  init: { method: "GET" | "POST"; headers?: Record<string, string>; body?: string },
): Promise<Answer> {
  const { host } = new URL(url);
  const limit = AbortSignal.timeout(deps.timeoutMs);
  const signal = deps.signal ? AbortSignal.any([limit, deps.signal]) : limit;
  const startedMs = performance.now();
  const send = createFetch({ fetch: deps.fetch, Headers, AbortController });
  for (let waited = false; ; waited = true) {
    try {
      const response = await send.raw(url, {
        ...init,
        redirect: "manual",
        retry: 0,
        ignoreResponseError: true,
        responseType: "stream",
        signal,
      });
      const { status, headers } = response;
      deps.log(`${init.method} ${url} → ${status}`);
      if (status >= 300 && status < 400) {
        await response.body?.cancel().catch(() => {});
        throw redirectRefused(host, headers.get("location") ?? "nowhere");
      }
      const text = await limitedText(response, host);
      // A body that was cut off by the limit may end like a whole one.
      signal.throwIfAborted();
      const waitMs = status === 429 || status === 503 ? waitAsked(headers) : undefined;
      const leftMs = deps.timeoutMs - (performance.now() - startedMs);
      if (waitMs !== undefined && !waited && waitMs < leftMs) {
        deps.log(`${host} asks to wait ${waitMs / 1000} s`);
        await sleep(waitMs, signal);
        continue;
      }
      return { status, headers, json: parse(text) };
    } catch (error) {
      // ofetch wraps what `fetch` throws, such as a proxy's refusal.
      const known = error instanceof Error && error.cause instanceof M2mcpError ? error.cause : error;
      if (known instanceof M2mcpError) throw known;
      if (deps.signal?.aborted) throw deps.signal.reason;
      // What was caught may hold the request, so the secret: only its kind is told.
      if (limit.aborted)
        throw unreachable(
          host,
          `no answer within ${deps.timeoutMs / 1000} s`,
          "try again, or give it longer with --timeout SECONDS",
        );
      const code = failureCode(error);
      throw unreachable(host, failureReason(code), failureHint(code));
    }
  }
}

/** How long a server asks to wait, in ms; a date is read by the server's own clock. */
export function waitAsked(headers: Headers): number | undefined {
  return retryAfterMs(headers.get("retry-after"), serverTimeMs(headers) ?? Date.now());
}

/** What a response's `Date` says, in ms since the epoch. */
export function serverTimeMs(headers: Headers): number | undefined {
  const atMs = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(atMs) ? undefined : atMs;
}

async function limitedText(response: Response, host: string): Promise<string> {
  if (!response.body) return "";
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > MAX_BYTES) throw answerTooLong(host, MAX_BYTES);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
