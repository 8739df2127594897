import type { Command, Outcome } from "../../command-line/command.ts";
import { taskIn } from "../../hosts/one-off/task.ts";
import { isToolError } from "../../mcp/protocol/answer.ts";
import { toolFailed } from "../errors.ts";
import { savePlace } from "../outcome/place.ts";
import { showToolResult } from "../outcome/show.ts";
import { withClient } from "../with-client.ts";
import { noTask } from "./errors.ts";
import { waitLimit } from "./wait-limit.ts";

/** `m2mcp @svc tasks-result ID`: waits for a task, and shows what its call has come to. */
export async function run(command: Command): Promise<Outcome> {
  const { output, options } = command;
  const taskId = command.positionals[1] ?? "";
  const place = await savePlace(command);
  const result = await withClient(command, async (client) => {
    const task = taskIn(await client.request("tasks/get", { taskId }, { spelled: output.json }));
    if (!task) throw noTask();
    return client.awaitTask(task, { ...waitLimit(options), spelled: output.json });
  });
  await showToolResult(command, result, place);
  return isToolError(result) ? toolFailed(taskId) : undefined;
}
