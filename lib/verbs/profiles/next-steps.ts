import type { Command } from "../../command-line/command.ts";
import { pasteable } from "../../platform/windows/pasteable.ts";

/**
 * What comes after a login or a connection: at a terminal two commands, and the entry of a desktop host, whole.
 *
 * @param name of the profile, which is kept by now
 */
export async function showNext(command: Command, name: string): Promise<void> {
  const { output } = command;
  if (output.json) return;
  if (!output.screen.out.isTerminal) return output.print(pasteable(`  m2mcp @${name} tools-list`));
  const { ownEntry } = await import("../desktop/own-entry.ts");
  const { plain } = await import("../../desktop/host.ts");
  const { entry, warnings } = await ownEntry(command, `@${name}`);
  const pasted = JSON.stringify({ mcpServers: { [name]: plain(entry) } }, null, 2);
  output.print(
    [
      "",
      "next:",
      pasteable(`  m2mcp @${name} tools-list`),
      pasteable(`  m2mcp install @${name}`),
      "",
      "or by hand, in claude_desktop_config.json:",
      pasted,
    ].join("\n"),
  );
  for (const warning of warnings) output.warn(warning);
}
