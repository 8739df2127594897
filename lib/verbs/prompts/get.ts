// The verbs for prompts.
import type { Command } from "../../command-line/command.ts";
import { argumentsFor } from "../arguments/arguments-for.ts";
import { readGiven } from "../arguments/given.ts";
import { savePlace } from "../outcome/place.ts";
import { showMessages } from "../outcome/show.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc prompts-get NAME key=value` */
export async function run(command: Command): Promise<undefined> {
  const [, name = "", ...words] = command.positionals;
  const place = await savePlace(command);
  const given = await readGiven(command, words);
  const result = await withClient(command, async (client, catalogue) => {
    const filled = await argumentsFor({ command, kind: "prompts", name }, given, { client, catalogue });
    return client.request("prompts/get", { name, arguments: filled }, { spelled: command.output.json });
  });
  await showMessages(command, result, place);
}
