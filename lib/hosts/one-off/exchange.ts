import type { M2mcpError } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import {
  type NotificationMessage,
  ownRequest,
  type RequestMessage,
  resultResponse,
} from "../../mcp/jsonrpc/message.ts";
import { InputNeeded } from "../../mcp/pairs/input-needed.ts";
import type { Answer } from "../../mcp/protocol/answer.ts";
import type { Endpoint } from "../../mcp/protocol/endpoint.ts";
import { inputNeeded } from "../../mcp/protocol/errors.ts";
import { Cancellation, type Transport } from "../../mcp/protocol/transport.ts";
import { tookTooLong } from "../../net/errors.ts";
import { deadlineMs, type Pausable, pausableLimit } from "../../timing/deadline.ts";
import { follow } from "../../timing/linked-abort.ts";
import { quietly } from "../../timing/quietly.ts";
import { sleep } from "../../timing/sleep.ts";
import { startTimer } from "../../timing/timer.ts";
import type { Caller } from "./caller.ts";
import { logOf, mayTakeLong, progressOf, withProgressToken } from "./progress.ts";
import { cannotAnswer, type Questions } from "./questions.ts";

/** How long a server that was told that nobody waits may still answer, in ms. */
const LAST_WORD_MS = 500;

/** A host for one command, and what belongs to it. */
export interface OneOff {
  readonly endpoint: Endpoint;
  /** The server, for what is told of it. */
  readonly host: string;
  readonly caller: Caller;
  readonly questions: Questions;
  readonly connection: Transport;
  readonly underWay: Set<UnderWay>;
}

/** A request under way, for what comes outside of its own response. */
export interface UnderWay {
  /** Its progress is told under this token. */
  readonly token: unknown;
  readonly deadline: Pausable;
  /** What the server asked meanwhile and nobody could answer. */
  asked?: string;
}

export interface RequestOptions {
  /** Gives up this request alone; its reason is a M2mcpError. */
  signal?: AbortSignal;
  /** Takes notifications besides the caller. */
  onNotification?(message: NotificationMessage): void;
  /** Numbers in the result stay spelled as the server has them: of those JavaScript writes otherwise, what stands for their text. */
  spelled?: boolean;
}

/** What one request came to. */
export interface Exchanged {
  answer: Answer;
  /** What the server asked meanwhile and nobody could answer. */
  asked?: string;
}

/**
 * One request, in whatever era. Whoever gives it up, be it the time, the caller or the command itself, does so here: the
 * server is told, and may still answer for a moment.
 *
 * @param given params as the user has them
 * @throws M2mcpError when there is no answer
 */
export async function exchange(
  context: OneOff,
  method: string,
  given: JsonObject,
  { signal, onNotification }: RequestOptions,
): Promise<Exchanged> {
  const { caller, connection, questions, underWay, host } = context;
  const { params, token } = withProgressToken(method, given);
  const left = leaving(context, signal);
  const stopWaiting = mayTakeLong(method) ? caller.waits(host) : undefined;
  const mine: UnderWay = { token, deadline: left.deadline };

  async function onMessage(message: NotificationMessage | RequestMessage): Promise<void> {
    if (message.kind === "notification") {
      onNotification?.(message);
      return tell(context, message);
    }
    await answer(context, message, left.over.signal);
  }

  underWay.add(mine);
  try {
    left.over.signal.throwIfAborted();
    const asking = connection.request({
      // The connection sends it under an id of its own.
      message: ownRequest("0", method, params),
      signal: left.over.signal,
      onMessage,
      gather: (wanted) => whileAsking(context, () => questions.gather(wanted, left.over.signal)),
    });
    const answered = await Promise.race([asking, left.forGood]);
    return { answer: answered, ...(mine.asked === undefined ? {} : { asked: mine.asked }) };
  } catch (error) {
    throw left.reason() ?? (error instanceof InputNeeded ? inputNeeded(host, error.methods) : error);
  } finally {
    // The token of a task stays good as long as the task (MCP 2025-11-25 "Task Progress Notifications").
    if (!("task" in params)) underWay.delete(mine);
    stopWaiting?.();
    left.end();
  }
}

/** Answers a request of the server's, as far as anybody can. */
export async function answer(context: OneOff, message: RequestMessage, signal: AbortSignal): Promise<void> {
  const { connection, questions, underWay } = context;
  const own = message.method === "ping" ? resultResponse(message.id, {}) : undefined;
  const answered = own ?? (await whileAsking(context, () => questions.answer(message, signal)));
  // It may come on another stream than that of the request it belongs to.
  if (!answered) for (const one of underWay) one.asked = message.method;
  await connection.respond(answered ?? cannotAnswer(message));
}

/** The time that a person takes is not the server's. */
async function whileAsking<T>({ underWay, caller }: OneOff, work: () => Promise<T>): Promise<T> {
  caller.heard?.();
  const held = [...underWay].map(({ deadline }) => deadline);
  for (const deadline of held) deadline.pause();
  try {
    return await work();
  } finally {
    for (const deadline of held) deadline.resume();
  }
}

/** Tells the caller what a notification says: the progress of a request under way, or a log message. */
export function tell({ caller, underWay }: OneOff, { method, params }: NotificationMessage): void {
  caller.heard?.();
  if (method === "notifications/message") caller.onLog(logOf(params));
  if (method !== "notifications/progress" || params.progressToken === undefined) return;
  const progress = progressOf(params);
  for (const { token } of underWay)
    if (progress && token === params.progressToken) caller.onProgress(progress);
}

/** All that ends the wait for an answer before it comes: the one place that gives a request up. */
function leaving({ endpoint, caller, host }: OneOff, signal: AbortSignal | undefined) {
  const over = new AbortController();
  const forGood = Promise.withResolvers<never>();
  forGood.promise.catch(() => {});
  let why: M2mcpError | undefined;

  function giveUp(failure: M2mcpError, reason: string): void {
    if (why) return;
    why = failure;
    over.abort(new Cancellation({ reason }));
    startTimer(LAST_WORD_MS, () => forGood.reject(failure));
  }
  const limitMs = deadlineMs(endpoint.timeoutMs);
  const deadline = pausableLimit(limitMs, () => giveUp(tookTooLong(host, limitMs), "timeout"));
  const mine = new AbortController();
  const unlink = [follow(caller.gone, mine)];
  if (signal) unlink.push(follow(signal, mine));
  const onLeft = () => giveUp(mine.signal.reason as M2mcpError, mine.signal.reason.message);
  if (mine.signal.aborted) onLeft();
  else mine.signal.addEventListener("abort", onLeft, { once: true });

  return {
    over,
    deadline,
    forGood: forGood.promise,
    reason: () => why,
    end() {
      deadline.stop();
      for (const stop of unlink) stop();
      mine.signal.removeEventListener("abort", onLeft);
    },
  };
}

/** Cancels a task, though the caller has gone already; waits for the server's word for a moment. Never rejects. */
export async function cancelTask({ connection }: OneOff, taskId: string): Promise<void> {
  const over = new AbortController();
  const late = sleep(2 * LAST_WORD_MS).then(() => over.abort(new Cancellation()));
  const message = ownRequest("0", "tasks/cancel", { taskId });
  const told = connection.request({ message, signal: over.signal, onMessage: async () => {} });
  await Promise.race([quietly(told), late]);
}
