import { EXIT, M2mcpError } from "../../../failure.ts";
import { streamCut, timedOut } from "../../../net/errors.ts";
import { hostOf } from "../../../net/network-error.ts";
import { resumeAfterMs } from "../../../timing/backoff.ts";
import { sleep } from "../../../timing/sleep.ts";
import type { HttpResponse } from "../../http/body.ts";
import { answerIn, type ReadAnswerOptions, readAnswer } from "../../http/read-answer.ts";
import { readRefused } from "../../http/refusal.ts";
import type { StreamCursor } from "../../http/sse.ts";
import type { Answer, Refused } from "../../protocol/answer.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { sessionLost } from "../../protocol/errors.ts";
import { isForNow, mayPass } from "../../protocol/refusals/passing.ts";

/** Failures in a row after which a stream is no longer resumed. */
const MAX_FAILURES = 5;

export interface ResumeOptions extends Omit<ReadAnswerOptions, "cursor"> {
  /** Asks for the stream from where the cursor is. */
  resume(cursor: StreamCursor, signal: AbortSignal): Promise<HttpResponse>;
  /** Whether a refusal of that says that the session is lost. */
  isLoss(refusal: Refused): boolean;
}

/**
 * Reads the answer to a POST, resuming its stream for as long as the server lets it be resumed (MCP 2025-11-25
 * "Resumability and Redelivery").
 *
 * @throws M2mcpError that the outcome is not known, where the stream is given up; the response's own faults
 */
export async function resumePost(first: HttpResponse, options: ResumeOptions): Promise<Answer> {
  const { endpoint, abort } = options;
  const host = hostOf(endpoint.url);
  const { onEventId } = options.call;
  const cursor: StreamCursor = onEventId ? { onEventId } : {};
  const progress: Progress = { heardMs: performance.now(), failures: 0, fruitless: 0 };
  for (let outcome = await readOnce(first, cursor, options); ; outcome = await resumeOnce(cursor, options)) {
    if (outcome.kind === "answer") return outcome.answer;
    // Nothing to resume from.
    if (!cursor.lastEventId) throw outcome.failure ?? streamCut(host);
    const waitMs = nextWaitMs(progress, cursor, outcome.failure !== undefined);
    const isLate = performance.now() + waitMs - progress.heardMs > endpoint.timeoutMs;
    // Whatever the resumption met, the call was sent: what became of it is not known.
    if (isLate || progress.failures > MAX_FAILURES) throw streamCut(host);
    endpoint.log("the stream ended before the answer: resuming it");
    await sleep(waitMs, abort.signal);
  }
}

/**
 * Waits while the answer to a POST that was only accepted is due on another stream: who reads that settles the request.
 *
 * @throws M2mcpError timeout; the reasons of the signals: the request is given up, there is no other stream any more
 */
export async function answerElsewhereDue(
  { url, timeoutMs }: Endpoint,
  response: HttpResponse,
  ...over: AbortSignal[]
): Promise<never> {
  await response.discard();
  const signal = AbortSignal.any(over);
  await sleep(timeoutMs, signal);
  throw timedOut(hostOf(url), timeoutMs);
}

type Outcome = { kind: "answer"; answer: Answer } | { kind: "cut"; failure?: M2mcpError };

/** How resuming one stream has gone so far. */
interface Progress {
  /** When the last event with an id of its own came. */
  heardMs: number;
  lastEventId?: string;
  /** Attempts in a row that failed, and those that brought nothing new. */
  failures: number;
  fruitless: number;
}

/** Notes one attempt; the wait before the next, in ms. */
function nextWaitMs(progress: Progress, { lastEventId, retryMs }: StreamCursor, failed: boolean): number {
  const isNews = lastEventId !== progress.lastEventId;
  if (isNews) progress.heardMs = performance.now();
  if (lastEventId !== undefined) progress.lastEventId = lastEventId;
  progress.failures = failed && !isNews ? progress.failures + 1 : 0;
  progress.fruitless = isNews ? 0 : progress.fruitless + 1;
  return resumeAfterMs(retryMs, progress.fruitless);
}

/** Reads one response, as far as it goes. @throws what no resumption can mend */
async function readOnce(
  response: HttpResponse,
  cursor: StreamCursor,
  options: ResumeOptions,
): Promise<Outcome> {
  try {
    const reading = await readAnswer(response, { ...options, cursor });
    const answer = answerIn(reading, response);
    return answer ? { kind: "answer", answer } : { kind: "cut" };
  } catch (error) {
    return asCut(error, options);
  }
}

/** Asks for the stream once more. @throws what the server refuses for good */
async function resumeOnce(cursor: StreamCursor, options: ResumeOptions): Promise<Outcome> {
  const host = hostOf(options.endpoint.url);
  let response: HttpResponse;
  try {
    response = await options.resume(cursor, options.abort.signal);
  } catch (error) {
    if (!(error instanceof M2mcpError) || options.abort.signal.aborted) throw error;
    options.endpoint.log(error.message);
    if (!isForNow(error)) throw streamCut(host);
    return { kind: "cut", failure: error };
  }
  const { status } = response;
  if (status < 300)
    return readOnce(response, cursor, options).catch((error: unknown) => asNoStream(error, host));
  if (options.isLoss(await readRefused(response))) throw sessionLost(host);
  if (!mayPass(status)) throw streamCut(host);
  return { kind: "cut", failure: streamCut(host) };
}

/** What came in place of the stream says nothing of the call. @throws other faults */
function asNoStream(error: unknown, host: string): Outcome {
  if (!(error instanceof M2mcpError) || error.code !== "content_type") throw error;
  return { kind: "cut", failure: streamCut(host) };
}

function asCut(error: unknown, { abort }: ResumeOptions): Outcome {
  const isNetwork = error instanceof M2mcpError && error.exitCode === EXIT.network;
  if (abort.signal.aborted || !isNetwork) throw error;
  return { kind: "cut", failure: error };
}
