// Failures of tasks (MCP 2025-11-25 "Tasks", and the Tasks extension of 2026-07-28).
import { EXIT, M2mcpError } from "../../failure.ts";
import { invalidAnswer } from "../../net/errors.ts";
import { oneLine } from "../../net/one-line.ts";

export const invalidTask = (what: string) => invalidAnswer(what, "it names no task");

/** @param why the server's own words */
export const taskCancelled = (what: string, taskId: string, why: string | undefined) =>
  new M2mcpError(
    "task_cancelled",
    EXIT.server,
    `the task ${oneLine(taskId)} was cancelled at ${what}${why === undefined ? "" : `: ${oneLine(why)}`}`,
  );

/** @param tookMs how long it was waited for, in ms */
export const taskTooLong = (what: string, taskId: string, tookMs: number) =>
  new M2mcpError(
    "task_too_long",
    EXIT.network,
    `${what} did not finish the task ${oneLine(taskId)} within ${Math.round(tookMs / 1000)} s`,
    "--timeout SECONDS waits six times as long in all; --detach does not wait",
  );
