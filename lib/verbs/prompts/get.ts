import type { Command } from "../../command-line/command.ts";
import { messages } from "../../ui/render.ts";
import { parsePairs, withClient } from "../with-client.ts";

/** `m2mcp @svc prompts-get NAME key=value` */
export async function run(command: Command): Promise<undefined> {
  const [, name, ...pairs] = command.positionals;
  const filled = parsePairs(pairs, false);
  const result = await withClient(command, (client) =>
    client.request("prompts/get", { name, arguments: filled }),
  );
  command.output.data(result);
  command.output.print(messages(result.messages));
}
