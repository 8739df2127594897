import type { Call } from "../../command-line/command.ts";
import { nearest } from "../../command-line/suggest.ts";
import { tool } from "../../ui/render.ts";
import { notOnServer } from "../errors.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc tools-get NAME` */
export async function run(call: Call): Promise<undefined> {
  const name = call.positionals[1] ?? "";
  const tools = await withClient(call, (client) => client.list("tools/list", "tools"));
  const found = tools.find((item) => item.name === name);
  if (!found) {
    const names = tools.map((item) => String(item.name));
    throw notOnServer("tool", name, nearest(name, names));
  }
  call.output.data(found);
  call.output.print(tool(found));
}
