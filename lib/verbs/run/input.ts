import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { wrongUsage } from "../../failure.ts";
import { readLines } from "../../hosts/line-stream.ts";
import { asString } from "../../mcp/jsonrpc/bytes.ts";
import { reasonOf } from "../../platform/files/files.ts";
import type { IO } from "../../ui/io.ts";
import { badCallLine } from "./errors.ts";
import { utf8Input } from "./utf8-input.ts";

/** A line of the input, with its number among those that are not empty. */
export interface NumberedLine {
  text: string;
  number: number;
}

/**
 * The lines of a file, or of stdin for `-`, as they come.
 *
 * @throws M2mcpError (exit 1) where there is no such file, or a line is too long
 */
export async function* inputLines(io: IO, path: string, over: AbortSignal): AsyncGenerator<NumberedLine> {
  const input = path === "-" ? io.openStdin() : await fileStream(resolve(io.cwd, path), path);
  let number = 0;
  for await (const line of readLines(utf8Input(input), over)) {
    number++;
    if (!("text" in line)) throw badCallLine(number, "it is too long");
    yield { text: asString(line.text), number };
  }
}

async function fileStream(file: string, path: string) {
  try {
    const found = await open(file);
    const isFolder = (await found.stat()).isDirectory();
    await found.close();
    if (isFolder) throw Object.assign(new Error(), { code: "EISDIR" });
  } catch (error) {
    throw wrongUsage(
      `cannot read ${path}: ${reasonOf(error)}`,
      "run takes the path of a file, or - for stdin",
    );
  }
  return createReadStream(file);
}
