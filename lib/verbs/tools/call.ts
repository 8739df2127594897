import type { Command, Outcome } from "../../command-line/command.ts";
import { toolResult } from "../../ui/render.ts";
import { argumentsFor } from "../arguments/arguments-for.ts";
import { readGiven } from "../arguments/given.ts";
import { toolFailed } from "../errors.ts";
import { showNotification, withClient } from "../with-client.ts";

/** `m2mcp @svc tools-call NAME key=value key:='json'`, a JSON object, or `-` for one on stdin. */
export async function run(command: Command): Promise<Outcome> {
  const [, name = "", ...words] = command.positionals;
  const given = await readGiven(command, words);
  const result = await withClient(command, async (client, catalogue) => {
    const filled = await argumentsFor({ command, kind: "tools", name }, given, { client, catalogue });
    return client.request(
      "tools/call",
      { name, arguments: filled },
      { onNotification: showNotification(command) },
    );
  });
  command.output.data(result);
  const shown = toolResult(result);
  if (shown !== "") command.output.print(shown);
  return result.isError === true ? toolFailed(name) : undefined;
}
