import { mkdir, stat } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { codeOf } from "../../platform/error-code.ts";
import { reasonOf } from "../../platform/files/files.ts";
import { writeNew } from "../../platform/files/write-new.ts";
import type { Attachment } from "../../ui/media/attachments.ts";
import { endingOf, fileNameOf, numberedName } from "../../ui/media/file-name.ts";
import { notSaved } from "../errors.ts";
import type { SavePlace } from "./place.ts";

/** Names that are tried for one attachment. */
const MOST_TRIES = 1000;

/**
 * Looks where a path leads.
 *
 * @throws M2mcpError (exit 1) where nothing can be saved there
 */
export async function placeOf({ options, io }: Command, given: string): Promise<SavePlace> {
  const overwrite = options.on("overwrite");
  if (given === "" || given === "-") throw wrongUsage("--output takes a file or a folder", "give it a path");
  const path = resolve(io.cwd, given);
  if (/[/\\]$/.test(given)) await mkdir(path, { recursive: true }).catch((error) => fail(path, error));
  const found = await kindOf(path);
  if (found === "folder") return { folder: path, name: undefined, overwrite };
  if (found === "other") throw wrongUsage(`${path} is no file`, "give a file or a folder");
  if (found === "file" && !overwrite)
    throw wrongUsage(`${path} is there already`, "choose another name, or give --overwrite");
  if ((await kindOf(dirname(path))) !== "folder")
    throw wrongUsage(
      `there is no folder ${dirname(path)}`,
      "make it first, or end the path with / for a folder",
    );
  return { folder: dirname(path), name: basename(path), overwrite };
}

async function kindOf(path: string): Promise<"file" | "folder" | "other" | "none"> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return "folder";
    return found.isFile() ? "file" : "other";
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "none";
    return fail(path, error);
  }
}

/**
 * Saves what a result holds, and says on stderr what is where.
 *
 * @throws M2mcpError (exit 1) where one cannot be written
 */
export async function save(command: Command, place: SavePlace, all: readonly Attachment[]): Promise<void> {
  const { output } = command;
  if (all.length === 0) return output.warn("--output has nothing to save: there is text alone");
  // What was written a moment ago is not overwritten by what comes next.
  const taken = new Set<string>();
  for (const attachment of all) {
    const what = attachment.mimeType || attachment.kind;
    if (!attachment.bytes) {
      output.warn(`${what} is not saved: what the server sent is no base64`);
      continue;
    }
    const wanted = place.name === undefined ? fileNameOf(attachment) : nameAmong(place.name, attachment, all);
    const file = await saveOne(place, wanted, attachment.bytes, taken);
    output.note(`saved ${what}, ${attachment.bytes.length} bytes: ${file}`);
  }
}

/** The name that the user chose; of several, those of another type get the ending of theirs. */
function nameAmong(name: string, { mimeType }: Attachment, all: readonly Attachment[]): string {
  const ending = extname(name);
  if (all.length === 1 || mimeType === "" || `.${endingOf(mimeType)}` === ending) return name;
  return `${name.slice(0, name.length - ending.length)}.${endingOf(mimeType)}`;
}

async function saveOne(
  { folder, overwrite }: SavePlace,
  wanted: string,
  bytes: Uint8Array,
  taken: Set<string>,
): Promise<string> {
  for (let count = 1; count <= MOST_TRIES; count++) {
    const name = numberedName(wanted, count);
    const file = resolve(folder, name);
    if (taken.has(name)) continue;
    taken.add(name);
    if (await writeNew(folder, name, bytes, overwrite).catch((error) => fail(file, error))) return file;
  }
  throw notSaved(resolve(folder, wanted), "every name like it is taken");
}

const fail = (path: string, error: unknown): never => {
  throw notSaved(path, reasonOf(error));
};
