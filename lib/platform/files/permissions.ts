import type { FileHandle } from "node:fs/promises";
import { codeOf } from "../error-code.ts";
import { statOf } from "./stat.ts";

/** Permission bits of users other than the owner. */
const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;

/** What `chmod` says where permissions are not the file system's to keep: vfat, some network shares and containers. */
const KEEPS_NONE = ["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "ENOTTY"];

/**
 * Gives a file or folder that was just made to its owner alone, whatever the umask.
 *
 * @returns whether others are kept out; false where the file system keeps no permissions
 */
export async function makePrivate(target: FileHandle | string, mode: 0o600 | 0o700): Promise<boolean> {
  const isPath = typeof target === "string";
  try {
    await (isPath ? (await import("node:fs/promises")).chmod(target, mode) : target.chmod(mode));
    return true;
  } catch (error) {
    if (!KEEPS_NONE.includes(codeOf(error))) throw error;
    const found = await (isPath ? statOf(target) : target.stat());
    return (found.mode & OTHERS) === 0;
  }
}

/**
 * What is wrong with the permissions of a file or folder of ours: others can get at it. Null when nothing is.
 *
 * @param mode its permission bits, where they are known already
 */
export async function exposed(path: string, kind: "file" | "folder", mode?: number): Promise<string | null> {
  if (process.platform === "win32") return null;
  const bits = mode ?? (await statOf(path).catch(() => null))?.mode ?? 0;
  if ((bits & OTHERS) === 0) return null;
  const quoted = /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
  return `${path} can be ${bits & OTHERS_WRITE ? "changed" : "read"} by others: chmod ${kind === "folder" ? "700" : "600"} ${quoted}`;
}
