import type { FileHandle } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { M2mcpError } from "../../failure.ts";
import { codeOf } from "../error-code.ts";
import { notReadable, notWritable } from "../errors.ts";
import { randomBytes } from "../random.ts";
import { despiteOthers } from "./despite-others.ts";
import { makePrivate } from "./permissions.ts";
import { type FileContent, FileRefused, readRegularFile } from "./read-file.ts";
import { statOf } from "./stat.ts";

/** Loaded with the first change of a file: it takes a third of a bare start, and most commands only read. */
const changing = () => import("node:fs/promises");

/** How the names of temporary files begin. */
export const TEMPORARY = ".tmp-";

/** A new one in a folder. */
export const temporaryIn = (folder: string): string =>
  join(folder, `${TEMPORARY}${randomBytes(8).toString("hex")}`);

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
  EBADF: "it is not open, or not for reading",
  EMFILE: "too many files are open",
  ENXIO: "it is a socket, or a device that is not there",
};

/** What a failed file operation means, for a person. */
export const reasonOf = (error: unknown): string =>
  error instanceof FileRefused ? error.message : (WORDS[codeOf(error)] ?? (codeOf(error) || "unknown"));

/** Codes of what is no file that could be read, whoever may read it. */
const IN_ITS_PLACE = ["EISDIR", "ELOOP", "ENXIO", "ENODEV"];
const NOT_ALLOWED = ["EACCES", "EPERM"];

function unreadable(file: string, error: unknown) {
  const code = codeOf(error);
  if (error instanceof FileRefused || IN_ITS_PLACE.includes(code)) return notReadable(file, reasonOf(error));
  return notReadable(
    file,
    reasonOf(error),
    NOT_ALLOWED.includes(code) ? "mend its permissions" : "try again",
  );
}

/** The content of a file of ours; null when there is none. @throws M2mcpError not_readable */
export async function readOwnFile(file: string, maxBytes: number): Promise<FileContent | null> {
  try {
    return await despiteOthers(() => readRegularFile(file, { maxBytes, atOnce: true }));
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw unreadable(file, error);
  }
}

/**
 * Makes a folder that only its owner can enter, whatever the umask; one that is there stays as it is.
 *
 * @returns false where the file system keeps no permissions, so that others may enter a folder made now
 * @throws M2mcpError not_writable
 */
export async function makeFolder(folder: string): Promise<boolean> {
  const { mkdir } = await changing();
  const attempt = () => mkdir(folder, { mode: 0o700 }).then(() => makePrivate(folder, 0o700));
  try {
    return await attempt().catch(async (error: unknown) => {
      if (codeOf(error) !== "ENOENT" || dirname(folder) === folder) throw error;
      await makeFolder(dirname(folder));
      return attempt();
    });
  } catch (error) {
    if (codeOf(error) === "not_writable") throw error;
    if (codeOf(error) !== "EEXIST") throw notWritable(folder, reasonOf(error));
    return true;
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
 * @returns false where the file system keeps no permissions, so that others may read it
 * @throws M2mcpError not_writable, and what `confirm` throws
 */
export async function writeAtomic(file: string, bytes: Uint8Array, options: WriteOptions): Promise<boolean> {
  const { open, rename, unlink } = await changing();
  const folder = dirname(file);
  const temporary = temporaryIn(folder);
  let isPrivate = await makeFolder(folder);
  try {
    const handle = await open(temporary, "wx", 0o600);
    try {
      isPrivate = (await makePrivate(handle, 0o600)) && isPrivate;
      await handle.writeFile(bytes);
      await synced(handle);
    } finally {
      await handle.close();
    }
    await options.confirm?.();
    await despiteOthers(() => rename(temporary, file));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error instanceof M2mcpError ? error : notWritable(file, reasonOf(error));
  }
  if (options.durable) await syncFolder(folder);
  return isPrivate;
}

/** What `fsync` says where a file system has none; a disk that is full says another thing. */
const NO_SYNC = ["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/** Waits until a file lies on the disk; rejects where there is no room for it. */
export async function synced(handle: Pick<FileHandle, "sync">): Promise<void> {
  await handle.sync().catch((error: unknown) => {
    if (!NO_SYNC.includes(codeOf(error))) throw error;
  });
}

/** Not every system can sync a folder; the file is whole all the same. */
async function syncFolder(folder: string): Promise<void> {
  const { open } = await changing();
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => {});
  await handle?.close().catch(() => {});
}

/** Removes a file; false when there was none. @throws M2mcpError not_writable */
export async function removeFile(file: string): Promise<boolean> {
  const { unlink } = await changing();
  try {
    await despiteOthers(() => unlink(file));
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return false;
    throw notWritable(file, reasonOf(error));
  }
}

/** All names in a folder; none where it cannot be read. By its whole path: on Windows the runtime finds no other. */
export const listFolder = async (folder: string): Promise<string[]> =>
  (await changing()).readdir(resolve(folder)).catch(() => []);

/** The same where nothing may be taken for not there. @throws M2mcpError not_readable */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await (await changing()).readdir(resolve(folder));
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return [];
    throw unreadable(folder, error);
  }
}

/** Whether something lies there, readable or not. @throws M2mcpError not_readable where that cannot be seen */
export async function exists(path: string): Promise<boolean> {
  try {
    await statOf(path);
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return false;
    throw unreadable(path, error);
  }
}

/** Ms since a file was last written; null when there is none. Negative where the clock has been set back. */
export async function ageMs(path: string, nowMs: number): Promise<number | null> {
  const found = await statOf(path).catch(() => null);
  return found && nowMs - found.mtimeMs;
}
