import type { Command } from "../command-line/command.ts";

/** All that comes on stdin, as text. */
export async function readStdin({ io }: Command): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of io.stdin) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks).toString("utf8");
}
