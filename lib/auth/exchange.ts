import { createFetch } from "ofetch";
import { answerTooLong, authServerUnreachable, M2mcpError, redirectRefused } from "../errors.ts";
import type { AuthDeps } from "./deps.ts";

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
 * @throws M2mcpError network failures (exit 3), redirect, answer_too_long
 */
export async function exchange(
  deps: Pick<AuthDeps, "fetch" | "timeoutMs" | "log">,
  url: string,
  init: { method: "GET" | "POST"; headers?: Record<string, string>; body?: string },
): Promise<Answer> {
  const { host } = new URL(url);
  const startedMs = performance.now();
  const send = createFetch({ fetch: deps.fetch, Headers, AbortController });
  for (let waited = false; ; waited = true) {
    const signal = AbortSignal.timeout(Math.max(1, deps.timeoutMs - (performance.now() - startedMs)));
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
      if (status >= 300 && status < 400) throw redirectRefused(host, headers.get("location") ?? "nowhere");
      const text = await limitedText(response, host);
      const waitMs = Number(headers.get("retry-after") ?? Number.NaN) * 1000;
      const leftMs = deps.timeoutMs - (performance.now() - startedMs);
      if ((status === 429 || status === 503) && !waited && waitMs < leftMs) {
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        continue;
      }
      return { status, headers, json: parse(text) };
    } catch (error) {
      // ofetch wraps what `fetch` throws, such as a proxy's refusal.
      const known = error instanceof Error && error.cause instanceof M2mcpError ? error.cause : error;
      if (known instanceof M2mcpError) throw known;
      // What was caught may hold the request, so the secret: only its kind is told.
      throw authServerUnreachable(
        host,
        signal.aborted ? `no answer within ${deps.timeoutMs / 1000} s` : reason(error),
      );
    }
  }
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

function reason(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if ("code" in at && typeof at.code === "string") return at.code;
  return "the connection failed";
}
