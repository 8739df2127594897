import type { Command } from "../../command-line/command.ts";
import { isOver, taskIn } from "../../hosts/one-off/task.ts";
import { table } from "../../ui/table.ts";
import { withClient } from "../with-client.ts";
import { noTask } from "./errors.ts";

/** `m2mcp @svc tasks-get ID`: what a task is at. */
export async function run(command: Command): Promise<undefined> {
  const taskId = command.positionals[1] ?? "";
  const result = await withClient(command, (client) => client.request("tasks/get", { taskId }));
  const task = taskIn(result);
  if (!task) throw noTask();
  command.output.data(result);
  const { createdAt, lastUpdatedAt } = result;
  const rows = [
    ["status", task.status],
    ["message", task.statusMessage ?? ""],
    ["created", String(createdAt ?? "")],
    ["updated", String(lastUpdatedAt ?? "")],
    ["kept for", task.ttlMs === undefined ? "" : `${task.ttlMs / 1000} s from its creation`],
  ].filter(([, value]) => value !== "");
  command.output.print(table([["task", task.taskId], ...rows]));
  if (isOver(task) || task.status === "input_required")
    command.output.note(`m2mcp <target> tasks-result ${task.taskId} has the rest`);
}
