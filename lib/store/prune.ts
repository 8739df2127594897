import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { ageMs, listFolder, namesIn, removeFile, TEMPORARY } from "../platform/files/files.ts";
import { makePrivate } from "../platform/files/permissions.ts";
import { withFileLock } from "./locks/lock.ts";
import { isAbandoned } from "./locks/owner.ts";
import { belongsToProfile, nameOfSealed, type StorePaths, writeLock } from "./paths.ts";

/** Files of processes that were killed are looked for this often, in ms. */
const INTERVAL_MS = 3_600_000;
/** A temporary file, a lock or a state without a profile this old is nobody's, in ms. */
const STALE_MS = 600_000;
/** State of credentials from the environment is kept this long after it was last written, in ms. */
const UNUSED_MS = 7 * 24 * 3_600_000;
/** And so many of them at most. */
const MOST_UNNAMED = 200;

/**
 * Removes what killed processes left behind, and state that nobody has used for long; at most once an hour for all
 * processes, and never what a process may still work with. Failures are for the next time.
 */
export async function prune(paths: StorePaths, nowMs: number): Promise<void> {
  try {
    if (!(await isDue(paths.pruned, nowMs))) return;
    await pruneTemporary([paths.folder, paths.profiles, paths.state, paths.pins], nowMs);
    for (const name of await listFolder(paths.locks)) {
      const file = join(paths.locks, name);
      if (await isAbandoned(file, STALE_MS, nowMs)) await removeFile(file);
    }
    await pruneState(paths, nowMs);
  } catch {
    // A folder that cannot be written has no stale files of ours.
  }
}

async function isDue(marker: string, nowMs: number): Promise<boolean> {
  const age = await ageMs(marker, nowMs);
  if (age !== null && Math.abs(age) < INTERVAL_MS) return false;
  // Not waiting, should it be a pipe.
  const handle = await open(
    marker,
    constants.O_WRONLY | constants.O_CREAT | (constants.O_NONBLOCK ?? 0),
    0o600,
  );
  const now = new Date(nowMs);
  try {
    await makePrivate(handle, 0o600);
    await handle.utimes(now, now);
  } finally {
    await handle.close();
  }
  return true;
}

async function pruneTemporary(places: string[], nowMs: number): Promise<void> {
  for (const place of places)
    for (const name of await listFolder(place)) {
      const file = join(place, name);
      if (name.startsWith(TEMPORARY) && ((await ageMs(file, nowMs)) ?? 0) > STALE_MS) await removeFile(file);
    }
}

async function pruneState(paths: StorePaths, nowMs: number): Promise<void> {
  // What cannot be seen may be there, and its tokens with it.
  const profiles = new Set(await namesIn(paths.profiles));
  const loose: { id: string; file: string; ageMs: number }[] = [];
  for (const name of await listFolder(paths.state)) {
    const id = nameOfSealed(name);
    const file = join(paths.state, name);
    const age = id === null || profiles.has(name) ? null : await ageMs(file, nowMs);
    if (id !== null && age !== null) loose.push({ id, file, ageMs: age });
  }
  loose.sort((a, b) => a.ageMs - b.ageMs);
  let unnamed = 0;
  for (const { id, file, ageMs } of loose) {
    const mayStay = !belongsToProfile(id) && ++unnamed <= MOST_UNNAMED && ageMs < UNUSED_MS;
    if (mayStay || ageMs < STALE_MS) continue;
    // A process that writes it at this moment keeps it.
    await withFileLock(writeLock(paths, id), async (lease) => {
      const isThere = await stat(file).catch(() => null);
      if (!isThere || nowMs - isThere.mtimeMs < STALE_MS) return;
      await lease.confirm();
      await removeFile(file);
    });
  }
}
