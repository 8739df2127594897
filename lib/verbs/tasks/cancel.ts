import type { Command } from "../../command-line/command.ts";
import { taskIn } from "../../hosts/one-off/task.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc tasks-cancel ID` */
export async function run(command: Command): Promise<undefined> {
  const taskId = command.positionals[1] ?? "";
  const result = await withClient(command, (client) => client.request("tasks/cancel", { taskId }));
  command.output.data(result);
  // In the extension of 2026-07-28 the server says no more than that it has heard.
  command.output.print(`${taskId} ${taskIn(result)?.status ?? "is to be cancelled"}`);
}
