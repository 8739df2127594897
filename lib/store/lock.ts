import { type FileHandle, open, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../platform/error-code.ts";
import { notWritable } from "../platform/errors.ts";
import { ageMs, makeFolder, reasonOf } from "../platform/files.ts";
import { sleep } from "../timing/sleep.ts";
import { lockedTooLong } from "./errors.ts";
import { isDead, markIn, newMark } from "./lock-owner.ts";

/** The owner shows that it lives this often, in ms. */
const HEARTBEAT_MS = 500;
/** A lock without a heartbeat for this long is taken over, in ms. */
const STALE_MS = 3500;
/** Nobody waits longer, in ms. */
const LONGEST_WAIT_MS = 60_000;
/** One look counts for so long without a heartbeat at most, in ms: a waiter that slept has not watched. */
const LONGEST_LOOK_MS = 250;
/** A breaker needs its guard for a moment; one this old was left behind, in ms. */
const OLD_GUARD_MS = 10_000;

/**
 * Runs `work` while no other process holds the lock file. An owner killed in this process space is noticed at once;
 * one that is elsewhere (another host or container with the same home) or has stopped, by its missing heartbeat within 4 s.
 * The file is gone afterwards.
 *
 * @throws M2mcpError locked after 60 s, not_writable, and what `work` throws
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const mark = newMark();
  await makeFolder(dirname(file));
  const startedMs = performance.now();
  let handle = await take(file, mark);
  for (const watch = createWatch(file); !handle; handle = await take(file, mark)) {
    if (performance.now() - startedMs > LONGEST_WAIT_MS) throw lockedTooLong(file);
    const dead = await watch();
    if (dead !== null) await breakLock(file, dead, mark);
    const waitedS = (performance.now() - startedMs) / 1000;
    await sleep(3 + Math.random() * 20 * (1 + Math.min(waitedS, 4)));
  }
  const held = handle;
  // The handle, not the path: once the lock was taken over, the file there is another's.
  const heartbeat = setInterval(() => {
    const now = new Date();
    held.utimes(now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref?.();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await held.close().catch(() => {});
    if ((await markIn(file)) === mark) await unlink(file).catch(() => {});
  }
}

/** Makes the lock file, as only one process can; null when it is there already. */
async function take(file: string, mark: string): Promise<FileHandle | null> {
  let handle: FileHandle;
  try {
    handle = await open(file, "wx", 0o600);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return null;
    throw notWritable(file, reasonOf(error));
  }
  try {
    await handle.chmod(0o600);
    await handle.writeFile(mark);
    return handle;
  } catch (error) {
    await handle.close().catch(() => {});
    await unlink(file).catch(() => {});
    throw notWritable(file, reasonOf(error));
  }
}

/**
 * Watches another's lock. Each call looks once and yields the mark of an owner that is dead, else null. Time
 * is taken from this process' own clock, so that neither a clock that was set nor another host's makes a difference.
 */
function createWatch(file: string): () => Promise<string | null> {
  let before = "";
  let staleMs = 0;
  let lookedMs = performance.now();
  return async () => {
    const mark = await markIn(file);
    const sign = await stat(file).catch(() => null);
    if (mark === null || !sign) return null;
    const nowMs = performance.now();
    const seen = `${mark} ${sign.mtimeMs} ${sign.ino}`;
    staleMs = seen === before ? staleMs + Math.min(nowMs - lookedMs, LONGEST_LOOK_MS) : 0;
    before = seen;
    lookedMs = nowMs;
    if (staleMs > STALE_MS) return mark;
    return isDead(mark) ? mark : null;
  };
}

/** Removes a dead owner's lock. Of several breakers one gets the guard, and looks again before it removes anything. */
async function breakLock(file: string, dead: string, mark: string): Promise<void> {
  const guard = `${file}.break`;
  const handle = await take(guard, mark);
  if (!handle) {
    const age = await ageMs(guard, Date.now());
    if (age !== null && Math.abs(age) > OLD_GUARD_MS) await unlink(guard).catch(() => {});
    return;
  }
  try {
    if ((await markIn(file)) === dead) await unlink(file).catch(() => {});
  } finally {
    await handle.close().catch(() => {});
    await unlink(guard).catch(() => {});
  }
}
