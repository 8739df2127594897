// Changes a file of another program's: whole or not at all, and as it was in all but its content.
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readlink,
  rename,
  stat,
  unlink,
  utimes,
} from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { codeOf } from "../error-code.ts";
import { despiteOthers } from "./despite-others.ts";
import { synced } from "./files.ts";
import { freeName } from "./free-name.ts";
import { readRegularFile } from "./read-file.ts";

export type Replaced =
  | "written"
  /** Its content is not what was expected: another program was faster. */
  | "changed"
  | "read-only";

/** Beside the file; made by one process at a time, so that it is the lock as well. */
const NEW = ".m2mcp-new";
/** A lock older than this was left by a process that has died, in ms. */
const STALE_MS = 30_000;
const WAIT_MS = 5000;
const LOOK_MS = 50;
const LARGEST_BYTES = 64 * 1024 * 1024;

/**
 * Puts new content into a file, through its symbolic links, keeping its mode and owner; one that is new is its owner's
 * alone to read. What stood there must still be what the change was made from.
 *
 * @param expected content that the file has; null when there is none
 * @param content null removes the file
 * @throws what the file system says (`code` EACCES, …; EEXIST where another process does not let go)
 */
export async function replaceFile(
  path: string,
  expected: Uint8Array | null,
  content: Uint8Array | null,
): Promise<Replaced> {
  const file = await linkTarget(path);
  const found = await stat(file).catch(() => null);
  if (found && (found.mode & 0o222) === 0) return "read-only";
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = file + NEW;
  const handle = await locked(temporary);
  try {
    await filled(handle, content ?? new Uint8Array(), found);
    if (!(await isStill(file, expected))) {
      await unlink(temporary);
      return "changed";
    }
    if (content !== null) await despiteOthers(() => rename(temporary, file));
    else await Promise.all([despiteOthers(() => unlink(file)), unlink(temporary)]);
    return "written";
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Where a chain of links ends, be it at nothing. */
async function linkTarget(path: string, left = 20): Promise<string> {
  const found = await lstat(path).catch(() => null);
  if (!found?.isSymbolicLink() || left === 0) return path;
  return linkTarget(resolve(dirname(path), await readlink(path)), left - 1);
}

async function locked(temporary: string): Promise<FileHandle> {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    try {
      return await open(temporary, "wx", 0o600);
    } catch (error) {
      if (codeOf(error) !== "EEXIST" || waitedMs >= WAIT_MS) throw error;
    }
    const other = await lstat(temporary).catch(() => null);
    // A clock that has been set back makes it one of the future.
    if (other && Math.abs(Date.now() - other.mtimeMs) > STALE_MS) await freeName(temporary).catch(() => {});
    else await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
}

async function filled(
  handle: FileHandle,
  content: Uint8Array,
  like: { mode: number; uid: number; gid: number } | null,
): Promise<void> {
  try {
    if (like && process.platform !== "win32") {
      // For root, who edits a user's file: it stays the user's.
      if (like.uid !== process.getuid?.() || like.gid !== process.getgid?.())
        await handle.chown(like.uid, like.gid).catch(() => {});
      await handle.chmod(like.mode & 0o777);
    }
    await handle.writeFile(content);
    await synced(handle);
  } finally {
    await handle.close();
  }
}

async function isStill(file: string, expected: Uint8Array | null): Promise<boolean> {
  const now = await readRegularFile(file, { maxBytes: LARGEST_BYTES }).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
  return expected === null ? now === null : now?.bytes.equals(expected) === true;
}

/** A copy beside a file, its owner's alone to read whatever the file's mode is. @returns false when the name is taken */
export async function copyBeside(path: string, content: Uint8Array, mtimeMs: number): Promise<boolean> {
  try {
    const handle = await open(path, "wx", 0o600);
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    await utimes(path, mtimeMs / 1000, mtimeMs / 1000);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}
