// The verbs for tools.
import type { Command, Outcome } from "../../command-line/command.ts";
import { isToolError } from "../../mcp/protocol/answer.ts";
import { argumentsFor } from "../arguments/arguments-for.ts";
import { readGiven } from "../arguments/given.ts";
import { toolFailed } from "../errors.ts";
import { savePlace } from "../outcome/place.ts";
import { showToolResult } from "../outcome/show.ts";
import { withClient } from "../with-client.ts";
import { callTool } from "./call-tool.ts";

/** `m2mcp @svc tools-call NAME key=value key:='json'`, a JSON object, or `-` for one on stdin. */
export async function run(command: Command): Promise<Outcome> {
  const [, name = "", ...words] = command.positionals;
  const { output } = command;
  const place = await savePlace(command);
  const given = await readGiven(command, words);
  const called = await withClient(command, async (client, catalogue, { policies }) => {
    const recipient = { command, kind: "tools", name, isFiltered: policies.length > 0 } as const;
    const filled = await argumentsFor(recipient, given, { client, catalogue });
    return callTool(command, { client, catalogue }, { name, arguments: filled }, { spelled: output.json });
  });
  const { result } = called;
  if (called.kind === "detached") {
    output.data(result);
    output.print(called.task.taskId);
    return undefined;
  }
  await showToolResult(command, result, place);
  return isToolError(result) ? toolFailed(name) : undefined;
}
