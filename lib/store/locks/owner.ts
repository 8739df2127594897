import { lstat } from "node:fs/promises";
import { codeOf } from "../../platform/error-code.ts";
import { notReadable } from "../../platform/errors.ts";
import { despiteOthers } from "../../platform/files/despite-others.ts";
import { ageMs, reasonOf } from "../../platform/files/files.ts";
import { FileRefused, readRegularFile } from "../../platform/files/read-file.ts";
import { isAlive, ownBeginning, processSpace } from "../../platform/host.ts";
import { randomBytes } from "../../platform/random.ts";

/** A mark is much shorter. */
const MAX_BYTES = 4096;

/** What a new lock file of this process holds: who made it, and a part that no other lock has. */
export const newMark = (): string =>
  [process.pid, ownBeginning(), processSpace(), randomBytes(8).toString("hex")].join(" ");

/**
 * The mark in a lock file; empty where it may not be read, null when there is none.
 *
 * @throws M2mcpError not_readable where that is no file
 */
export async function markIn(file: string): Promise<string | null> {
  try {
    const { bytes } = await despiteOthers(() => readRegularFile(file, { maxBytes: MAX_BYTES }));
    return bytes.toString("utf8");
  } catch (error) {
    // What follows would never go away.
    if (error instanceof FileRefused) throw notReadable(file, error.message);
    // Another user's, as after sudo: whether its owner lives still shows by its heartbeat.
    if (codeOf(error) === "EACCES") return "";
    if (codeOf(error) === "ELOOP") throw notReadable(file, reasonOf(error));
    if (codeOf(error) === "ENOENT" && (await isLink(file)))
      throw notReadable(file, "it is a symbolic link that leads nowhere");
    return null;
  }
}

const isLink = (file: string) =>
  lstat(file).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );

/** Whether the maker of a mark has ended, as far as can be seen from here: only within this process space. */
export function isDead(mark: string): boolean {
  const [pid, beginning = "", space] = mark.split(" ");
  return space === processSpace() && !isAlive(Number(pid), beginning);
}

/** Whether a lock file, or a guard, has been there for so long, and belongs to nobody who can be seen. */
export async function isAbandoned(file: string, oldMs: number, nowMs: number): Promise<boolean> {
  const age = await ageMs(file, nowMs);
  if (age === null || Math.abs(age) < oldMs) return false;
  const mark = (await markIn(file).catch(() => null)) ?? "";
  return mark.split(" ")[2] !== processSpace() || isDead(mark);
}
