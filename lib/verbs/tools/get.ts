import type { Command } from "../../command-line/command.ts";
import { suggest } from "../../command-line/suggest.ts";
import { itemsOf } from "../../hosts/listing.ts";
import { GOES_ON, shellOf } from "../../platform/windows/shell.ts";
import { toolShown } from "../../ui/lists/tool.ts";
import { itemNamed, namesOf } from "../catalogue/kept-list.ts";
import { notOnServer } from "../errors.ts";
import { withClient } from "../with-client.ts";
import { exampleCall } from "./example-call.ts";

/** `m2mcp @svc tools-get NAME` */
export async function run({ output, ...command }: Command): Promise<undefined> {
  const [target = "", name = ""] = command.positionals;
  const found = await withClient({ ...command, output }, async (client) => {
    const tools = itemsOf(await client.listing("tools/list", "tools", { spelled: output.json }), "tools");
    const item = itemNamed(tools, name);
    if (!item) throw notOnServer("tool", name, suggest(name, namesOf(tools)));
    return item;
  });
  output.data(found);
  if (output.json) return;
  const shell = shellOf(command.io.env);
  const example = await exampleCall(target, found, shell);
  output.show(toolShown(found, output.screen.out, example, GOES_ON[shell]));
}
