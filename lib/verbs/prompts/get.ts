import type { Command } from "../../command-line/command.ts";
import { savePlace } from "../outcome/place.ts";
import { showMessages } from "../outcome/show.ts";
import { parsePairs, withClient } from "../with-client.ts";

/** `m2mcp @svc prompts-get NAME key=value` */
export async function run(command: Command): Promise<undefined> {
  const [, name, ...pairs] = command.positionals;
  const place = await savePlace(command);
  const filled = parsePairs(pairs, false);
  const result = await withClient(command, (client) =>
    client.request("prompts/get", { name, arguments: filled }, { spelled: command.output.json }),
  );
  await showMessages(command, result, place);
}
