import type { Command } from "../../command-line/command.ts";
import { itemsOf } from "../../hosts/listing.ts";
import { GOES_ON, shellOf } from "../../platform/windows/shell.ts";
import { toolShown } from "../../ui/lists/tool.ts";
import { withClient } from "../with-client.ts";
import { exampleCall } from "./example-call.ts";
import { toolNamed } from "./tool-named.ts";

/** `m2mcp @svc tools-get NAME` */
export async function run({ output, ...command }: Command): Promise<undefined> {
  const [target = "", name = ""] = command.positionals;
  const found = await withClient({ ...command, output }, async (client) => {
    const listing = await client.listing("tools/list", "tools", { spelled: output.json });
    return toolNamed(itemsOf(listing, "tools"), name);
  });
  output.data(found);
  if (output.json) return;
  const shell = shellOf(command.io.env);
  const example = await exampleCall(target, found, shell);
  output.show(toolShown(found, output.screen.out, example, GOES_ON[shell]));
}
