// Copies of a host's file from before each change: for its owner, and to know how it was before an entry came.

import { removeFile } from "../platform/files/files.ts";
import { copyBeside } from "../platform/files/replace-file.ts";
import { entryOf, isOurs } from "./entry.ts";
import type { Change, HostFile } from "./host-file.ts";
import { readHostFile, withEntry } from "./host-file.ts";
import { pathsOf, type System } from "./system.ts";

/** So many are kept of a file. */
const KEPT = 5;
const MARK = ".m2mcp-";
const ENDING = ".bak";

/** The copies beside a file, the newest first. */
async function backupsOf(file: string, system: System): Promise<string[]> {
  const { basename, dirname, join } = pathsOf(system);
  const names = await system.list(dirname(file));
  const begins = `${basename(file)}${MARK}`;
  return names
    .filter((name) => name.startsWith(begins) && name.endsWith(ENDING))
    .sort()
    .reverse()
    .map((name) => join(dirname(file), name));
}

/**
 * Keeps a copy of what a file holds.
 *
 * @param nowMs ms since 1970
 * @returns its path
 * @throws what the file system says
 */
export async function keepBackup(file: string, content: Uint8Array, nowMs: number): Promise<string> {
  for (let atMs = nowMs; ; atMs++) {
    const stamp = new Date(atMs).toISOString().replace(/[-:.]/g, "");
    const path = `${file}${MARK}${stamp}${ENDING}`;
    if (await copyBeside(path, content, nowMs)) return path;
  }
}

/** Removes all copies of a file but the newest few. */
export async function pruneBackups(file: string, system: System): Promise<void> {
  for (const old of (await backupsOf(file, system)).slice(KEPT)) await removeFile(old);
}

/**
 * What a removal should leave: where the file is what installing the entry makes of an older copy, or of nothing, that
 * copy, byte for byte; else as `removed` has it, with empty objects gone that the copy did not have.
 *
 * @param removed the file without the entry
 */
export async function restored(
  file: HostFile,
  name: string,
  removed: Change,
  system: System,
): Promise<Change> {
  const held = (text: string | null) => entryOf(file.format.read(text ?? "", [...file.place.under, name]));
  const entry = held(file.text);
  if (!entry) return removed;
  const made = (text: string | null) => {
    try {
      // From before an update, or kept by another uninstall that runs now: the entry had come already.
      const old = held(text);
      if (old && isOurs(old)) return undefined;
      // Forced: an entry of another program's may have stood in its place.
      return withEntry({ ...file, text }, name, entry, true).after;
    } catch {
      // A copy of something else.
      return undefined;
    }
  };
  const copies: string[] = [];
  for (const path of await backupsOf(file.place.file, system)) {
    const copy = await readHostFile({ ...file.place, file: path }, system).catch(() => null);
    if (copy && copy.text !== null) copies.push(copy.text);
  }
  for (const text of [...copies, null]) if (made(text) === file.text) return { ...removed, after: text };
  return { ...removed, after: withoutEmpty(file, removed.after, copies) };
}

/** Takes objects out that came with the entry and are empty now: an older copy says whether they did. */
function withoutEmpty(
  { format, place }: HostFile,
  text: string | null,
  copies: readonly string[],
): string | null {
  if (text === null) return null;
  let left = text;
  for (let depth = place.under.length; depth > 0; depth--) {
    const path = place.under.slice(0, depth);
    const isEmpty = JSON.stringify(format.read(left, path)) === "{}";
    const knew = (copy: string) => {
      try {
        return format.read(copy, path) !== undefined;
      } catch {
        return true;
      }
    };
    // The oldest copy is nearest to what its owner wrote.
    const oldest = copies.at(-1);
    if (!isEmpty || oldest === undefined || knew(oldest)) return left;
    left = format.remove(left, path);
  }
  return left;
}
