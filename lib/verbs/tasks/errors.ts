// Failures of the verbs for tasks.
import { EXIT, M2mcpError, wrongUsage } from "../../failure.ts";

export const runsAsNoTask = (tool: string) =>
  wrongUsage(`the tool ${tool} does not run as a task`, "call it without --task and --detach");

/** MCP 2026-07-28 has no such list; of 2025-11-25 it is optional. */
export const noTaskList = () =>
  new M2mcpError(
    "no_task_list",
    EXIT.server,
    "the server keeps no list of tasks",
    "tools-call --detach prints the id of a task: keep it for tasks-get, tasks-result and tasks-cancel",
  );

export const noTask = () =>
  new M2mcpError(
    "no_task",
    EXIT.server,
    "the server's answer names no task",
    "report it to the server's owner",
  );
