import { createFetch, FetchError } from "ofetch";
import { M2mcpError } from "../failure.ts";
import { jsonIn } from "../json.ts";
import { answerTooLong, connectionFailed, redirectRefused } from "../net/errors.ts";
import { failureCode, failureHint, failureReason, isDamage } from "../net/network-failure.ts";
import { oneLine } from "../net/one-line.ts";
import { followsRedirect, isRedirect, redirectTarget, whyNotFollowed } from "../net/redirect.ts";
import { BUSY, waitAsked } from "../net/retry-after.ts";
import { toldWords } from "../net/words.ts";
import { startTimer } from "../timing/timer.ts";
import type { AuthDeps } from "./deps.ts";
import { damagedAnswer } from "./errors.ts";
import { withoutSecrets } from "./redact.ts";

const MAX_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 3;
/** How long the words of a refusal are waited for where an address is only looked at, in ms: its head says the most. */
const WORDS_MS = 2000;

/** A whole answer of an authorization server or a metadata place. */
export interface Answer {
  /** Where it came from, after redirects. */
  url: string;
  status: number;
  headers: Headers;
  /** Its body as it came. */
  text: string;
  /** The JSON it holds; undefined when it is none. */
  json: unknown;
}

/** A server's own words in an answer (`toldWords`), without what it must not repeat. */
export const wordsOf = (
  { text, headers }: Pick<Answer, "text" | "headers">,
  secrets: readonly string[] = [],
): string | undefined => toldWords(withoutSecrets(text, secrets), headers);

/** One request to an authorization server or a metadata place. */
export interface ExchangeRequest {
  method: "GET" | "POST";
  headers?: Record<string, string>;
  body?: string;
  /** What becomes of a redirect: `refuse`; `follow` within the origin, else refuse; or `answer`: else it is the answer. */
  redirects?: "refuse" | "follow" | "answer";
  /** A wait that is asked for is no reason to come again: what it holds is good once, or for a moment. */
  isOnce?: boolean;
  /** How much of the time limit is over already, in ms: a wait that the server asked for counts. */
  spentMs?: number;
  /** What of it no message repeats, which the address of a redirect may hold. */
  secrets?: readonly (string | undefined)[];
}

type ExchangeDeps = Pick<AuthDeps, "fetch" | "timeoutMs" | "log" | "signal">;

/**
 * One exchange with limits on size and time. A 429 or 503 that names a time within the limit is waited for once.
 *
 * @throws M2mcpError network failures (exit 3), redirect, answer_too_long; the signal's reason
 */
export async function exchange(deps: ExchangeDeps, url: string, request: ExchangeRequest): Promise<Answer> {
  const { host } = new URL(url);
  // For all of it: ofetch's own `timeout` ends at the head of one answer.
  const limit = AbortSignal.timeout(deps.timeoutMs - (request.spentMs ?? 0));
  const signal = deps.signal ? AbortSignal.any([limit, deps.signal]) : limit;
  try {
    const { response, from } = await redirected(deps, url, request, signal);
    const { status, headers } = response;
    const text = await limitedText(response, host, request.redirects ? WORDS_MS : undefined);
    // A body that was cut off by the limit may end like a whole one.
    signal.throwIfAborted();
    return { url: from, status, headers, text, json: jsonIn(text) };
  } catch (error) {
    // ofetch wraps what `fetch` throws, such as a proxy's refusal.
    const known = error instanceof Error && error.cause instanceof M2mcpError ? error.cause : error;
    if (known instanceof M2mcpError) throw known;
    if (deps.signal?.aborted) throw deps.signal.reason;
    // What was caught may hold the request, so the secret: only its kind is told.
    if (limit.aborted)
      throw connectionFailed(
        host,
        `no answer within ${deps.timeoutMs / 1000} s`,
        "try again, or give it longer with --timeout SECONDS",
      );
    const code = failureCode(error);
    if (isDamage(code)) throw damagedAnswer(host);
    throw connectionFailed(host, failureReason(code), failureHint(code));
  }
}

/** The answer at the end of the redirects that may be followed. @throws M2mcpError redirect */
async function redirected(
  deps: ExchangeDeps,
  url: string,
  request: ExchangeRequest,
  signal: AbortSignal,
): Promise<{ response: Response; from: string }> {
  const { redirects = "refuse", isOnce = false, secrets = [], spentMs: _, ...sent } = request;
  for (let at = url, hops = 0; ; hops++) {
    const response = await unlessAborted(send(deps, at, sent, isOnce, signal), signal);
    if (!isRedirect(response.status)) return { response, from: at };
    const to = redirectTarget(response.headers.get("location"), at);
    const isFollowed = redirects !== "refuse" && followsRedirect(sent.method, response.status, at, to);
    if (!isFollowed && redirects === "answer") return { response, from: at };
    await response.body?.cancel().catch(() => {});
    // What holds a secret is sent to one address alone, so any other counts as another's.
    const why = redirects === "refuse" && to ? "elsewhere" : whyNotFollowed(at, to, isFollowed);
    if (!isFollowed || hops >= MAX_REDIRECTS)
      throw redirectRefused(new URL(at).host, oneLine(withoutSecrets(to?.href ?? "", secrets)), why);
    at = to.href;
  }
}

/** Sends by ofetch, which comes again where the server asks for that; any status is an answer. */
async function send(
  { fetch, log, timeoutMs }: ExchangeDeps,
  url: string,
  request: ExchangeRequest,
  isOnce: boolean,
  signal: AbortSignal,
): Promise<Response> {
  const startedMs = performance.now();
  const waitMs = (response?: Response) => (response && waitAsked(response)) ?? 0;
  try {
    return await createFetch({ fetch, Headers, AbortController }).raw(url, {
      ...request,
      redirect: "manual",
      // The body is read within limits here, not by ofetch.
      responseType: "stream",
      signal,
      retry: 1,
      retryStatusCodes: BUSY,
      retryDelay: ({ response }) => waitMs(response),
      onResponse: ({ response }) => log(`${request.method} ${url} → ${response.status}`),
      async onResponseError({ response, options }) {
        const leftMs = timeoutMs - (performance.now() - startedMs);
        const isAsked = !isOnce && waitAsked(response) !== undefined;
        if (!isAsked || waitMs(response) >= leftMs) options.retry = false;
        if (options.retry !== 1) return;
        await response.body?.cancel().catch(() => {});
        log(`${new URL(url).host} asks to wait ${waitMs(response) / 1000} s`);
      },
    });
  } catch (error) {
    // To ofetch a status of 400 and above is an error; it holds the request, and must end here.
    if (error instanceof FetchError && error.response) return error.response;
    throw error;
  }
}

/** Ends a wait with the signal: the pause before ofetch comes again knows none. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {});
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/**
 * The body of an answer. A stream of events, which may have no end, says by its head that it is one; of a refusal the body has
 * the words alone, in its first event: one that is too long or too slow is cut, one that is damaged has none.
 *
 * @param wordsMs how long those of a refusal may take; as long as all of it unless given
 */
async function limitedText({ status, headers, body }: Response, host: string, wordsMs?: number) {
  const isRefusal = status >= 400;
  const isStream = /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
  const reader = body?.getReader();
  const enough = () => void reader?.cancel().catch(() => {});
  const isUnread = isStream && !isRefusal;
  if (isUnread) enough();
  if (!reader || isUnread) return "";
  const decoder = new TextDecoder();
  const late = isRefusal && wordsMs !== undefined ? startTimer(wordsMs, enough) : undefined;
  let [text, size] = ["", 0];
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      size += read.value.length;
      if (size > MAX_BYTES && !isRefusal) throw answerTooLong(host, MAX_BYTES);
      text += decoder.decode(read.value, { stream: true });
      if (size > MAX_BYTES || (isStream && /\n\r?\n/.test(text))) break;
    }
  } catch (error) {
    if (!isRefusal || !isDamage(failureCode(error))) throw error;
  } finally {
    late?.stop();
    enough();
  }
  return text + decoder.decode();
}
