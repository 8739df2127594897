// The verbs for tasks of a server.
import type { Command } from "../../command-line/command.ts";
import { M2mcpError } from "../../failure.ts";
import { taskIn } from "../../hosts/one-off/task.ts";
import { objectsIn } from "../../json.ts";
import { METHOD_NOT_FOUND } from "../../mcp/jsonrpc/message.ts";
import { rowsShown } from "../../ui/screen/rows.ts";
import { withClient } from "../with-client.ts";
import { noTaskList } from "./errors.ts";

/** `m2mcp @svc tasks-list`: the tasks that the server keeps for us (MCP 2025-11-25 "Task Listing"). */
export async function run(command: Command): Promise<undefined> {
  const listing = await withClient(command, (client) =>
    client.listing("tasks/list", "tasks").catch((error: unknown) => {
      throw error instanceof M2mcpError && error.answered?.code === METHOD_NOT_FOUND ? noTaskList() : error;
    }),
  );
  command.output.data(listing);
  const items = objectsIn(listing.tasks);
  const rows = items.map((item) => {
    const { taskId = "", status = "", statusMessage = "" } = taskIn(item) ?? {};
    return {
      head: [{ text: taskId, role: "name" as const }, status, String(item.createdAt ?? "")],
      text: statusMessage,
    };
  });
  if (rows.length > 0) command.output.show(rowsShown(rows, command.output.screen.out));
  else if (!command.output.json) command.output.note("the server keeps no tasks for us");
}
