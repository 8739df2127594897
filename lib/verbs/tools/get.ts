import type { Command } from "../../command-line/command.ts";
import { suggest } from "../../command-line/suggest.ts";
import { tool } from "../../ui/render.ts";
import { itemNamed, namesOf } from "../catalogue/kept-list.ts";
import { notOnServer } from "../errors.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc tools-get NAME` */
export async function run(command: Command): Promise<undefined> {
  const name = command.positionals[1] ?? "";
  const tools = await withClient(command, (client) => client.list("tools/list", "tools"));
  const found = itemNamed(tools, name);
  if (!found) throw notOnServer("tool", name, suggest(name, namesOf(tools)));
  command.output.data(found);
  command.output.print(tool(found));
}
