import type { Command } from "../../command-line/command.ts";
import { suggest } from "../../command-line/suggest.ts";
import { tool } from "../../ui/render.ts";
import { notOnServer } from "../errors.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc tools-get NAME` */
export async function run(command: Command): Promise<undefined> {
  const name = command.positionals[1] ?? "";
  const tools = await withClient(command, (client) => client.list("tools/list", "tools"));
  const found = tools.find((item) => item.name === name);
  if (!found) {
    const names = tools.flatMap((item) => (typeof item.name === "string" ? [item.name] : []));
    throw notOnServer("tool", name, suggest(name, names));
  }
  command.output.data(found);
  command.output.print(tool(found));
}
