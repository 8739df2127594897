// Tasks of both eras as one value: the utility of MCP 2025-11-25, and the extension of 2026-07-28.
import { isObject, type JsonObject } from "../../json.ts";
import { asDouble } from "../../mcp/jsonrpc/exact-json.ts";

/** Work that goes on at the server beyond the request that began it. */
export interface Task {
  taskId: string;
  status: string;
  /** Of the server's, for a person. */
  statusMessage?: string;
  /** For how long the server keeps it, from its creation on, in ms; absent: not said, or for ever. */
  ttlMs?: number;
  /** How long to wait before asking again, in ms. */
  pollMs?: number;
  /** What the extension carries along with the status. */
  inputRequests?: JsonObject;
  result?: JsonObject;
  error?: JsonObject;
}

/** The task that a call has become; undefined where the result is the call's own. */
export function taskBegun(result: JsonObject): Task | undefined {
  if (result.resultType === "task") return taskIn(result);
  // A result of the call's own has content, whatever else it has.
  const isTask = result.resultType === undefined && result.content === undefined;
  return isTask && isObject(result.task) ? taskIn(result.task) : undefined;
}

/** The task in a `tasks/get` result, or in a list; undefined where it names none. */
export function taskIn(value: JsonObject): Task | undefined {
  const { taskId, status, statusMessage, inputRequests, result, error } = value;
  if (typeof taskId !== "string" || typeof status !== "string") return undefined;
  const ttlMs = asDouble(value.ttlMs ?? value.ttl);
  const pollMs = asDouble(value.pollIntervalMs ?? value.pollInterval);
  return {
    taskId,
    status,
    ...(typeof statusMessage === "string" ? { statusMessage } : {}),
    ...(ttlMs > 0 ? { ttlMs } : {}),
    ...(pollMs >= 0 ? { pollMs } : {}),
    ...(isObject(inputRequests) ? { inputRequests } : {}),
    ...(isObject(result) ? { result } : {}),
    ...(isObject(error) ? { error } : {}),
  };
}

/** Whether nothing more will happen to it. */
export const isOver = ({ status }: Task): boolean => ["completed", "failed", "cancelled"].includes(status);

/** Least and most time between two questions where the server names none, in ms; and least of what it may name. */
const [FIRST_MS, SLOWEST_MS, LEAST_MS] = [500, 5000, 50];

/** How long to wait before a task is asked for again, in ms. @param asked how often it was already */
export const pollAfterMs = ({ pollMs }: Task, asked: number): number =>
  pollMs === undefined ? Math.min(SLOWEST_MS, FIRST_MS * 1.5 ** asked) : Math.max(LEAST_MS, pollMs);
