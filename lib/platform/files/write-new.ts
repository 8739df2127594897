import { link, open, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../error-code.ts";
import { refusedName } from "../windows/paths.ts";
import { despiteOthers } from "./despite-others.ts";
import { temporaryIn } from "./files.ts";
import { FileRefused } from "./read-file.ts";

/** What `link` says where a file system has no such thing. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV", "EINVAL", "UNKNOWN"];

/**
 * Writes a file for the user, whole or not at all, with the mode that the umask leaves.
 *
 * @param overwrite whether a file of that name is replaced
 * @returns false where there is one, and it stays
 * @throws FileRefused for a name that Windows would take for something else; else what the file system says
 */
export async function writeNew(
  folder: string,
  name: string,
  bytes: Uint8Array,
  overwrite: boolean,
  platform: string = process.platform,
): Promise<boolean> {
  const refused = platform === "win32" ? refusedName(name) : undefined;
  if (refused !== undefined) throw new FileRefused("bad_name", refused);
  const file = join(folder, name);
  const temporary = temporaryIn(folder);
  try {
    await writeFile(temporary, bytes, { flag: "wx" });
    if (overwrite) await despiteOthers(() => rename(temporary, file));
    else await placed(temporary, file);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST" && !overwrite) return false;
    throw error;
  } finally {
    await unlink(temporary).catch(() => {});
  }
}

/** Gives a file its name, if nobody has it. @throws EEXIST */
async function placed(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    if (!NO_LINKS.includes(codeOf(error))) throw error;
    // The name is taken by an empty file, which is ours to replace.
    await (await open(file, "wx")).close();
    await despiteOthers(() => rename(temporary, file));
  }
}
