import type { Command } from "../../command-line/command.ts";
import { table } from "../../ui/table.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc` at a terminal: what the server says of itself. */
export async function run(command: Command): Promise<undefined> {
  const info = await withClient(command, (client) => client.serverInfo());
  command.output.data(info);
  const capabilities = Object.keys(info.capabilities).sort().join(", ");
  const about = table([
    ["server", `${info.title ? `${info.title} (${info.name})` : info.name} ${info.version}`],
    ["protocol", info.protocolVersion],
    ["capabilities", capabilities || "none"],
  ]);
  command.output.print(info.instructions ? `${about}\n\n${info.instructions}` : about);
}
