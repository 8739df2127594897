import type { Command, Outcome } from "../../command-line/command.ts";
import { toolResult } from "../../ui/render.ts";
import { argumentsFor } from "../arguments/arguments-for.ts";
import { readGiven } from "../arguments/given.ts";
import { toolFailed } from "../errors.ts";
import { withClient } from "../with-client.ts";
import { callTool } from "./call-tool.ts";

/** `m2mcp @svc tools-call NAME key=value key:='json'`, a JSON object, or `-` for one on stdin. */
export async function run(command: Command): Promise<Outcome> {
  const [, name = "", ...words] = command.positionals;
  const given = await readGiven(command, words);
  const called = await withClient(command, async (client, catalogue) => {
    const filled = await argumentsFor({ command, kind: "tools", name }, given, { client, catalogue });
    return callTool(command, client, { name, arguments: filled });
  });
  const { result } = called;
  command.output.data(result);
  if (called.kind === "detached") {
    command.output.print(called.task.taskId);
    return undefined;
  }
  const shown = toolResult(result);
  if (shown !== "") command.output.print(shown);
  return result.isError === true ? toolFailed(name) : undefined;
}
