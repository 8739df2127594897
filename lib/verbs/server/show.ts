import type { Call } from "../../command-line/command.ts";
import { harmless, table } from "../../ui/table.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc` at a terminal: what the server says of itself. */
export async function run(call: Call): Promise<undefined> {
  const info = await withClient(call, (client) => client.serverInfo());
  call.output.data(info);
  const capabilities = Object.keys(info.capabilities).sort().join(", ");
  const about = table([
    ["server", `${info.title ? `${info.title} (${info.name})` : info.name} ${info.version}`],
    ["protocol", info.protocolVersion],
    ["capabilities", capabilities || "none"],
  ]);
  call.output.print(harmless(info.instructions ? `${about}\n\n${info.instructions}` : about));
}
