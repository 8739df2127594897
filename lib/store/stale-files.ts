import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { ageMs, listFolder, removeFile, TEMPORARY } from "../platform/files.ts";
import { isAbandoned, withFileLock } from "./lock.ts";

/** Files of processes that were killed are looked for this often, in ms. */
const INTERVAL_MS = 3_600_000;
/** A temporary file, a lock or a state without a profile this old is nobody's, in ms. */
const LEFT_MS = 600_000;
/** State of credentials from the environment is kept this long after it was last written, in ms. */
const UNUSED_MS = 7 * 24 * 3_600_000;
/** And so many of them at most. */
const MOST_UNNAMED = 200;

/** Ids of state that belongs to no profile. */
const UNNAMED = /^[0-9a-f]{32}$/;

/** Whether state is a profile's, and not that of credentials from the environment. */
export const belongsToProfile = (id: string): boolean => !UNNAMED.test(id);

/** Where the store keeps what. */
export interface StoreFolders {
  folder: string;
  profiles: string;
  state: string;
  locks: string;
  /** How names of profiles and state end. */
  suffix: string;
  /** The lock under which a state is written. */
  writeLockOf(id: string): string;
}

/**
 * Removes what killed processes left behind, and state that nobody has used for long; at most once an hour for all
 * processes, and never what a process may still work with. Failures are for the next time.
 */
export async function sweep(folders: StoreFolders, nowMs: number): Promise<void> {
  try {
    if (!(await isDue(join(folders.folder, "swept"), nowMs))) return;
    await sweepTemporary([folders.folder, folders.profiles, folders.state], nowMs);
    for (const name of await listFolder(folders.locks)) {
      const file = join(folders.locks, name);
      if (await isAbandoned(file, LEFT_MS, nowMs)) await removeFile(file);
    }
    await sweepState(folders, nowMs);
  } catch {
    // A folder that cannot be written has no litter of ours.
  }
}

async function isDue(marker: string, nowMs: number): Promise<boolean> {
  const age = await ageMs(marker, nowMs);
  if (age !== null && Math.abs(age) < INTERVAL_MS) return false;
  const handle = await open(marker, "w", 0o600);
  const now = new Date(nowMs);
  try {
    await handle.chmod(0o600);
    await handle.utimes(now, now);
  } finally {
    await handle.close();
  }
  return true;
}

async function sweepTemporary(places: string[], nowMs: number): Promise<void> {
  for (const place of places)
    for (const name of await listFolder(place)) {
      const file = join(place, name);
      if (name.startsWith(TEMPORARY) && ((await ageMs(file, nowMs)) ?? 0) > LEFT_MS) await removeFile(file);
    }
}

async function sweepState(folders: StoreFolders, nowMs: number): Promise<void> {
  const named = new Set(await listFolder(folders.profiles));
  const loose: { id: string; file: string; age: number; unnamed: boolean }[] = [];
  for (const name of await listFolder(folders.state)) {
    if (named.has(name) || !name.endsWith(folders.suffix)) continue;
    const file = join(folders.state, name);
    const age = await ageMs(file, nowMs);
    const id = name.slice(0, -folders.suffix.length);
    if (age !== null) loose.push({ id, file, age, unnamed: !belongsToProfile(id) });
  }
  loose.sort((a, b) => a.age - b.age);
  let unnamed = 0;
  for (const { id, file, age, unnamed: isUnnamed } of loose) {
    const mayStay = isUnnamed && ++unnamed <= MOST_UNNAMED && age < UNUSED_MS;
    if (mayStay || age < LEFT_MS) continue;
    // A process that writes it at this moment keeps it.
    await withFileLock(folders.writeLockOf(id), async () => {
      const isThere = await stat(file).catch(() => null);
      if (isThere && nowMs - isThere.mtimeMs >= LEFT_MS) await removeFile(file);
    });
  }
}
