import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { M2mcpError } from "../failure.ts";
import { codeOf } from "./error-code.ts";
import { notReadable, notWritable } from "./errors.ts";

/** How the names of temporary files begin. */
export const TEMPORARY = ".tmp-";

const WORDS: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "it would be larger than files may be here",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  ELOOP: "its symbolic links go in a circle",
  ENOENT: "there is no such file or folder",
  ENAMETOOLONG: "the name is too long",
  EMFILE: "too many files are open",
};

/** What a failed file operation means, for a person. */
export const reasonOf = (error: unknown): string => WORDS[codeOf(error)] ?? (codeOf(error) || "unknown");

/** The file's bytes; null when there is none. @throws M2mcpError not_readable */
export async function readBytes(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw notReadable(file, reasonOf(error));
  }
}

/** Makes a folder that only its owner can enter, whatever the umask. @throws M2mcpError not_writable */
export async function makeFolder(folder: string): Promise<void> {
  const attempt = () => mkdir(folder, { mode: 0o700 }).then(() => chmod(folder, 0o700));
  try {
    await attempt().catch(async (error: unknown) => {
      if (codeOf(error) !== "ENOENT" || dirname(folder) === folder) throw error;
      await makeFolder(dirname(folder));
      await attempt();
    });
  } catch (error) {
    if (codeOf(error) === "not_writable") throw error;
    if (codeOf(error) !== "EEXIST") throw notWritable(folder, reasonOf(error));
  }
}

export interface WriteOptions {
  durable?: boolean;
  confirm?(): Promise<void>;
}

/**
 * Writes a file whole or not at all, readable by its owner only whatever the umask: a temporary file beside it,
 * synced, then renamed over what was there (a symbolic link is replaced, not followed).
 *
 * @param options.durable sync the folder too, so that a power cut does not bring the old file back
 * @param options.confirm called when all but the renaming is done; what it throws leaves the old file
 * @throws M2mcpError not_writable
 */
export async function writeAtomic(
  file: string,
  bytes: Uint8Array,
  options: WriteOptions = {},
): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `${TEMPORARY}${randomBytes(8).toString("hex")}`);
  await makeFolder(folder);
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.chmod(0o600);
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await options.confirm?.();
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error instanceof M2mcpError ? error : notWritable(file, reasonOf(error));
  }
  if (options.durable) await syncFolder(folder);
}

/** Not every system can sync a folder; the file is whole all the same. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close().catch(() => {});
}

/** Removes a file; false when there was none. @throws M2mcpError not_writable */
export async function removeFile(file: string): Promise<boolean> {
  try {
    await unlink(file);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return false;
    throw notWritable(file, reasonOf(error));
  }
}

/** All names in a folder; none where it cannot be read. */
export const listFolder = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** Ms since a file was last written; null when there is none. Negative where the clock has been set back. */
export async function ageMs(path: string, nowMs: number): Promise<number | null> {
  const found = await stat(path).catch(() => null);
  return found && nowMs - found.mtimeMs;
}

/** What is wrong with the permissions of a file or folder of ours: others can get at it. Null when nothing is. */
export async function exposed(path: string): Promise<string | null> {
  if (process.platform === "win32") return null;
  const found = await stat(path).catch(() => null);
  if (!found || (found.mode & 0o077) === 0) return null;
  const quoted = /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
  return `${path} can be ${found.mode & 0o022 ? "changed" : "read"} by others: chmod ${found.isDirectory() ? "700" : "600"} ${quoted}`;
}
