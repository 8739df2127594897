import type { FileHandle } from "node:fs/promises";
import { win32 } from "node:path";
import { codeOf } from "../error-code.ts";
import { isAbsolutePath } from "../windows/paths.ts";
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
 * Who can read a file of ours, for a person. On Windows that is what the folder passes on: in the user's own it is the user,
 * below `C:\\` everybody.
 *
 * @param env where the user's own folders are
 */
export function readers(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): string {
  if (platform !== "win32") return "readable by you alone";
  const whole = win32.resolve(folder).toLowerCase();
  const isOwn = [env.USERPROFILE, env.APPDATA, env.LOCALAPPDATA].some(
    (own) => own && isAbsolutePath(own) && whole.startsWith(`${win32.resolve(own).toLowerCase()}\\`),
  );
  return isOwn
    ? "readable by you alone"
    : `readable by whom Windows lets into that folder (icacls "${folder}" /inheritance:r /grant:r "%USERNAME%:(OI)(CI)F" in cmd keeps others out)`;
}

/**
 * What is wrong with the permissions of a file or folder of ours: others can get at it. Null when nothing is.
 *
 * @param mode its permission bits, where they are known already
 */
export async function exposed(
  path: string,
  kind: "file" | "folder",
  mode?: number,
  platform: string = process.platform,
): Promise<string | null> {
  // Its bits are made up there.
  if (platform === "win32") return null;
  const bits = mode ?? (await statOf(path).catch(() => null))?.mode ?? 0;
  if ((bits & OTHERS) === 0) return null;
  const quoted = /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
  return `${path} can be ${bits & OTHERS_WRITE ? "changed" : "read"} by others: chmod ${kind === "folder" ? "700" : "600"} ${quoted}`;
}
