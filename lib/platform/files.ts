import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { notReadable, notWritable } from "../errors.ts";

const TEMPORARY = ".tmp-";
/** A temporary file this old belongs to a process that was killed, in ms. */
const STALE_MS = 60_000;

/** The error's `code`, such as ENOENT. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";

/** The file's bytes; null when there is none. @throws M2mcpError not_readable */
export async function readBytes(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw notReadable(file, codeOf(error));
  }
}

/** Makes a folder that only its owner can enter. @throws M2mcpError not_writable */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(folder, codeOf(error));
  }
}

/**
 * Writes a file whole or not at all, readable by its owner only: a temporary file beside it, synced, then renamed.
 * @param exclusive do not replace a file that is there: resolves to false instead
 * @throws M2mcpError not_writable
 */
export async function writeAtomic(file: string, bytes: Uint8Array, exclusive = false): Promise<boolean> {
  const temporary = join(dirname(file), `${TEMPORARY}${randomBytes(8).toString("hex")}`);
  try {
    await makeFolder(dirname(file));
    const handle = await open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!exclusive) {
      await rename(temporary, file);
      return true;
    }
    return await link(temporary, file)
      .then(() => true)
      .catch((error: unknown) => {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
      })
      .finally(() => unlink(temporary));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    if (codeOf(error) === "not_writable") throw error;
    throw notWritable(file, codeOf(error));
  }
}

/** Removes a file; false when there was none. @throws M2mcpError not_writable */
export async function removeFile(file: string): Promise<boolean> {
  try {
    await unlink(file);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw notWritable(file, codeOf(error));
  }
}

/** Names of the files in a folder, and the removal of what killed processes left there. */
export async function listFolder(folder: string, nowMs: number): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(
    names
      .filter((name) => name.startsWith(TEMPORARY))
      .map(async (name) => {
        const path = join(folder, name);
        const { mtimeMs } = await stat(path);
        if (nowMs - mtimeMs > STALE_MS) await unlink(path);
      }),
  ).catch(() => {});
  return names.filter((name) => !name.startsWith("."));
}

/** What is wrong with the permissions of a file or folder of ours: others can read it. Null when nothing is. */
export async function exposed(path: string): Promise<string | null> {
  if (process.platform === "win32") return null;
  const found = await stat(path).catch(() => null);
  if (!found || (found.mode & 0o077) === 0) return null;
  return `${path} can be read by others: chmod ${found.isDirectory() ? "700" : "600"} ${basename(path)}`;
}

/** Closes a folder or file of ours to others; without effect where it cannot be done. */
export const closeToOthers = (path: string, mode: number) => chmod(path, mode).catch(() => {});
