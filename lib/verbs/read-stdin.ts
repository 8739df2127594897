import type { Command } from "../command-line/command.ts";
import { M2mcpError, wrongUsage } from "../failure.ts";
import { textOf } from "../plain-text.ts";
import { reasonOf } from "../platform/files/files.ts";

/** All that comes on stdin, as text. @see readStdinBytes */
export const readStdin = async (...asked: Parameters<typeof readStdinBytes>): Promise<string> =>
  textOf(await readStdinBytes(...asked));

/**
 * All that comes on stdin.
 *
 * @param maxBytes most that is taken
 * @param what it should be, for a person
 * @throws M2mcpError (exit 1) when more comes, or stdin cannot be read
 */
export async function readStdinBytes({ io }: Command, maxBytes: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of io.stdin) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      size += bytes.length;
      if (size > maxBytes)
        throw wrongUsage(`stdin holds more than ${what} can be`, "check what writes there");
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof M2mcpError) throw error;
    throw wrongUsage(`cannot read stdin: ${reasonOf(error)}`, "it takes a file or a pipe");
  }
  return Buffer.concat(chunks);
}
