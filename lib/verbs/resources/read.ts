import type { Command } from "../../command-line/command.ts";
import { isObject } from "../../json.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc resources-read URI`: its text or bytes on stdout, as they are. */
export async function run(command: Command): Promise<undefined> {
  const uri = command.positionals[1];
  const result = await withClient(command, (client) => client.request("resources/read", { uri }));
  if (command.output.json) return void command.output.data(result);
  const contents = Array.isArray(result.contents) ? result.contents.filter(isObject) : [];
  for (const { text, blob } of contents) {
    if (typeof text === "string") command.output.raw(text);
    else if (typeof blob === "string") command.output.raw(Buffer.from(blob, "base64"));
  }
}
