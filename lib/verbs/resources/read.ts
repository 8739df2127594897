// The verbs for resources.
import type { Command } from "../../command-line/command.ts";
import { savePlace } from "../outcome/place.ts";
import { showContents } from "../outcome/show.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc resources-read URI`: its text or bytes on stdout, as they are, or in a file. */
export async function run(command: Command): Promise<undefined> {
  const uri = command.positionals[1];
  const place = await savePlace(command);
  const result = await withClient(command, (client) =>
    client.request("resources/read", { uri }, { spelled: command.output.json }),
  );
  await showContents(command, result, place);
}
