import type { Command } from "../../command-line/command.ts";
import { rowsShown } from "../../ui/screen/rows.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc` at a terminal: what the server says of itself. */
export async function run(command: Command): Promise<undefined> {
  const { output } = command;
  const info = await withClient(command, (client) => client.serverInfo());
  output.data(info);
  if (output.json) return;
  const capabilities = Object.keys(info.capabilities).sort().join(", ");
  const rows = [
    ["server", `${info.title ? `${info.title} (${info.name})` : info.name} ${info.version}`],
    ["protocol", info.protocolVersion],
    ["capabilities", capabilities || "none"],
  ];
  output.show(
    rowsShown(
      rows.map(([name = "", text = ""]) => ({ head: [{ text: name, role: "heading" }], text })),
      output.screen.out,
    ),
  );
  if (info.instructions === undefined || info.instructions === "") return;
  output.print("");
  // For a model, and most often Markdown.
  const { showText } = await import("../outcome/at-terminal.ts");
  await showText(output, info.instructions);
}
