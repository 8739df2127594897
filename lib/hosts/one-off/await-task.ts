import { EXIT, M2mcpError } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import { INTERNAL_ERROR, type RpcError } from "../../mcp/jsonrpc/message.ts";
import { InputNeeded } from "../../mcp/pairs/input-needed.ts";
import { inputNeeded } from "../../mcp/protocol/errors.ts";
import { sleep } from "../../timing/sleep.ts";
import type { Caller } from "./caller.ts";
import { invalidTask, taskCancelled, taskTooLong } from "./errors.ts";
import type { RequestOptions } from "./exchange.ts";
import type { Questions } from "./questions.ts";
import { isOver, pollAfterMs, type Task, taskIn } from "./task.ts";

/** Questions in a row that may fail on the way before the wait is given up. */
const MAX_FAILURES = 5;

/** For how long a task may go on that the server need not keep any more, in ms. */
const OUTLIVED_MS = 60_000;

export interface TaskContext {
  host: string;
  caller: Caller;
  questions: Questions;
  request(method: string, params: JsonObject, options?: RequestOptions): Promise<JsonObject>;
  /** What a JSON-RPC error of the server's means to a command. */
  failure(error: RpcError): M2mcpError;
  /** Tells the server that nobody wants the task any more, though the caller has gone. Never rejects. */
  cancel(taskId: string): Promise<void>;
}

export interface AwaitOptions extends Pick<RequestOptions, "spelled"> {
  /** For how long to wait in all, in ms; absent: for as long as the server keeps the task. */
  limitMs?: number;
}

/** A `tasks/result` of 2025-11-25 that is open while the task wants input: the questions come with it. */
interface OpenResult {
  /** Set once it has come to something. */
  outcome?: { result: JsonObject } | { error: unknown };
  done: Promise<void>;
}

/**
 * Waits for a task, asking at the pace that the server names, and answering what it asks meanwhile.
 *
 * @returns what the call would have returned by itself
 * @throws M2mcpError what the call would have ended with; a task that is cancelled, or takes too long; the caller's reason
 *   to give up: then the task is cancelled at the server (`tasks/cancel`)
 */
export async function awaitTask(
  context: TaskContext,
  first: Task,
  { limitMs, spelled = false }: AwaitOptions = {},
): Promise<JsonObject> {
  const { caller, host, cancel } = context;
  const { taskId } = first;
  const stopWaiting = caller.waits(host);
  let cancelled: Promise<void> | undefined;
  const onGone = () => {
    cancelled ??= cancel(taskId);
  };
  caller.gone.addEventListener("abort", onGone, { once: true });
  if (caller.gone.aborted) onGone();
  try {
    const request: TaskContext["request"] = (method, params) => context.request(method, params, { spelled });
    return await untilOver({ ...context, request }, first, limitMs);
  } catch (error) {
    if (error instanceof M2mcpError && error.code === "task_too_long") onGone();
    throw error;
  } finally {
    await cancelled;
    caller.gone.removeEventListener("abort", onGone);
    stopWaiting();
  }
}

async function untilOver(
  context: TaskContext,
  first: Task,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<JsonObject> {
  const { caller, host } = context;
  const sinceMs = performance.now();
  const answered = new Set<string>();
  let open: OpenResult | undefined;
  let task = first;
  for (let asked = 0; ; asked++) {
    caller.onStatus({ status: task.status, ...(task.statusMessage ? { message: task.statusMessage } : {}) });
    if (isOver(task)) return outcomeOf(context, task, open);
    if (task.status === "input_required") {
      if (task.inputRequests) await answerInputs(context, task, answered);
      else open ??= openResult(context, task.taskId);
    }
    const waitMs = pollAfterMs(task, asked);
    const keptMs = task.ttlMs === undefined ? Number.POSITIVE_INFINITY : task.ttlMs + OUTLIVED_MS;
    const leftMs = Math.min(limitMs, keptMs) - (performance.now() - sinceMs);
    if (leftMs <= 0) throw taskTooLong(host, task.taskId, performance.now() - sinceMs);
    await Promise.race([sleep(Math.min(waitMs, leftMs), caller.gone), ...(open ? [open.done] : [])]);
    if (open?.outcome && "result" in open.outcome) return open.outcome.result;
    // It ended without an answer, or with the call's own error, which the status tells of.
    if (open?.outcome) open = undefined;
    task = await look(context, task);
  }
}

/** The task as it is by now. What fails on the way is tried again, a few times and ever later. */
async function look({ request, caller, host }: TaskContext, task: Task): Promise<Task> {
  for (let failures = 1; ; failures++)
    try {
      const found = taskIn(await request("tasks/get", { taskId: task.taskId }));
      if (!found) throw invalidTask(host);
      return found;
    } catch (error) {
      const isPassing = error instanceof M2mcpError && error.exitCode === EXIT.network;
      if (!isPassing || failures >= MAX_FAILURES || caller.gone.aborted) throw error;
      await sleep(pollAfterMs(task, 0) * 2 ** failures, caller.gone);
    }
}

/** Answers what was not answered yet: a server may show a question again until it has seen the answer. */
async function answerInputs(
  { questions, request, caller, host }: TaskContext,
  { taskId, inputRequests = {} }: Task,
  answered: Set<string>,
): Promise<void> {
  const fresh = Object.entries(inputRequests).filter(([key]) => !answered.has(key));
  if (fresh.length === 0) return;
  for (const [key] of fresh) answered.add(key);
  const inputResponses = await questions
    .gather(Object.fromEntries(fresh), caller.gone)
    .catch((error: unknown) => {
      throw error instanceof InputNeeded ? inputNeeded(host, error.methods) : error;
    });
  await request("tasks/update", { taskId, inputResponses });
}

function openResult({ request }: TaskContext, taskId: string): OpenResult {
  const opened: OpenResult = {
    done: request("tasks/result", { taskId }).then(
      (result) => {
        opened.outcome = { result };
      },
      (error: unknown) => {
        opened.outcome = { error };
      },
    ),
  };
  return opened;
}

async function outcomeOf(
  { request, host, failure }: TaskContext,
  { taskId, status, statusMessage, result, error }: Task,
  open: OpenResult | undefined,
): Promise<JsonObject> {
  if (result) return result;
  if (error) throw failure(rpcErrorIn(error));
  if (status === "cancelled") throw taskCancelled(host, taskId, statusMessage);
  await open?.done;
  if (open?.outcome && "result" in open.outcome) return open.outcome.result;
  return request("tasks/result", { taskId });
}

/** The error that a task of the extension has ended with. */
const rpcErrorIn = ({ code, message, data }: JsonObject): RpcError => ({
  code: typeof code === "number" ? code : INTERNAL_ERROR,
  message: typeof message === "string" ? message : "the task failed",
  ...(data === undefined ? {} : { data }),
});
