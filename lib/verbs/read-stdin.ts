import type { Command } from "../command-line/command.ts";
import { wrongUsage } from "../failure.ts";
import { textOf } from "../plain-text.ts";

/**
 * All that comes on stdin, as text.
 *
 * @param maxBytes no limit unless given
 * @throws M2mcpError (exit 1) when more comes
 */
export async function readStdin({ io }: Command, maxBytes = Number.POSITIVE_INFINITY): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > maxBytes) throw wrongUsage("stdin holds more than a secret can be", "check what writes there");
    chunks.push(bytes);
  }
  return textOf(Buffer.concat(chunks));
}
