// Locks between processes of one home (docs/store-format.md).
import { type FileHandle, open, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../../platform/error-code.ts";
import { notWritable } from "../../platform/errors.ts";
import { despiteOthers } from "../../platform/files/despite-others.ts";
import { ageMs, makeFolder, reasonOf } from "../../platform/files/files.ts";
import { freeName } from "../../platform/files/free-name.ts";
import { makePrivate } from "../../platform/files/permissions.ts";
import { filesAhead } from "../../platform/files/read-ahead.ts";
import { sleep } from "../../timing/sleep.ts";
import { lockedTooLong, lockLost } from "../errors.ts";
import { isDead, markIn, newMark } from "./owner.ts";
import { watchStillness } from "./stillness.ts";

/** The owner shows that it lives this often, in ms. */
const HEARTBEAT_MS = 500;
/** A lock without a heartbeat for this long is taken over, in ms. */
const STALE_MS = 3500;
/** Nobody waits longer, in ms. */
const LONGEST_WAIT_MS = 60_000;
/** One look counts for so long without a heartbeat at most, in ms: a waiter that slept has not watched. */
const LONGEST_LOOK_MS = 250;
/** A breaker needs its guard for a moment; one this old was left behind by who cannot be seen from here, in ms. */
const OLD_GUARD_MS = STALE_MS;

/** Work is done again so often where the lock was lost before anything was written. */
const MOST_ATTEMPTS = 3;

/** A lock of ours. It is lost where its owner was stopped for longer than others wait. */
type LockState = { kind: "held"; handle: FileHandle } | { kind: "lost" } | { kind: "given back" };

/** What the owner of a lock asks before it writes what the lock protects: it may have been stopped since. */
export interface Lease {
  /** Looks at the lock file; once false, false for good. */
  isHeld(): Promise<boolean>;
  /** @throws M2mcpError lock_lost; `withFileLock` then does the work again */
  confirm(): Promise<void>;
}

/**
 * Runs `work` while no other process holds the lock file. An owner killed in this process space is noticed at once;
 * one that is elsewhere (another host or container with the same home) or has stopped, by its missing heartbeat
 * within 4 s. The file is gone afterwards.
 *
 * @param work runs again from its start where its lease could not be confirmed
 * @throws M2mcpError locked after 60 s, lock_lost, not_writable (also where a dead owner's lock cannot be removed),
 *   not_readable, and what `work` throws
 */
export async function withFileLock<T>(file: string, work: (lease: Lease) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const lock = await acquire(file);
    try {
      return await work(lock);
    } catch (error) {
      if (codeOf(error) !== "lock_lost" || attempt === MOST_ATTEMPTS) throw error;
    } finally {
      await lock.giveBack();
    }
  }
}

async function acquire(file: string): Promise<Lease & { giveBack(): Promise<void> }> {
  const mark = newMark();
  await makeFolder(dirname(file));
  const handle = await waitFor(file, mark);
  filesAhead.end();
  let state: LockState = { kind: "held", handle };
  // The handle, not the path: once the lock was taken over, the file there is another's.
  const heartbeat = setInterval(() => {
    const now = new Date();
    handle.utimes(now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref?.();

  async function isHeld(): Promise<boolean> {
    if (state.kind === "held" && (await markIn(file).catch(() => null)) !== mark) state = { kind: "lost" };
    return state.kind === "held";
  }
  return {
    isHeld,
    async confirm() {
      if (!(await isHeld())) throw lockLost(file);
    },
    async giveBack() {
      clearInterval(heartbeat);
      const isOurs = await isHeld();
      state = { kind: "given back" };
      await handle.close().catch(() => {});
      if (isOurs) await despiteOthers(() => unlink(file)).catch(() => {});
    },
  };
}

/** Waits until the lock file can be made. */
async function waitFor(file: string, mark: string): Promise<FileHandle> {
  const startedMs = performance.now();
  const watch = createWatch(file);
  for (;;) {
    const handle = await take(file, mark);
    if (handle) return handle;
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > LONGEST_WAIT_MS) throw lockedTooLong(file);
    const dead = await watch();
    if (dead !== null) await breakLock(file, dead, mark);
    await sleep(3 + Math.random() * 20 * (1 + Math.min(waitedMs / 1000, 4)));
  }
}

/** Makes the lock file, as only one process can; null when it is there already. */
async function take(file: string, mark: string): Promise<FileHandle | null> {
  let handle: FileHandle;
  try {
    // One that was just removed is in the way on Windows for as long as somebody has it open.
    handle = await despiteOthers(() => open(file, "wx", 0o600));
  } catch (error) {
    if (codeOf(error) === "EEXIST") return null;
    throw notWritable(file, reasonOf(error));
  }
  try {
    await makePrivate(handle, 0o600);
    await handle.writeFile(mark);
    return handle;
  } catch (error) {
    await handle.close().catch(() => {});
    await unlink(file).catch(() => {});
    throw notWritable(file, reasonOf(error));
  }
}

/** Watches another's lock. Each call looks once and yields the mark of an owner that is dead, else null. */
function createWatch(file: string): () => Promise<string | null> {
  const staleMs = watchStillness(LONGEST_LOOK_MS);
  return async () => {
    const mark = await markIn(file);
    const sign = await stat(file).catch(() => null);
    if (mark === null || !sign) return null;
    if (staleMs(`${mark} ${sign.mtimeMs} ${sign.ino}`) > STALE_MS) return mark;
    return isDead(mark) ? mark : null;
  };
}

/** Removes a dead owner's lock. Of several breakers one gets the guard, and looks again before it removes anything. */
async function breakLock(file: string, dead: string, mark: string): Promise<void> {
  const guard = `${file}.break`;
  const handle = await take(guard, mark);
  if (!handle) {
    // What is no file would never go away.
    const breaker = await markIn(guard);
    const age = await ageMs(guard, Date.now());
    const isLeft = breaker !== null && isDead(breaker);
    // Should two get the guard by that, one may remove the lock of a third, which notices before it writes: its lease.
    if (isLeft || (age !== null && Math.abs(age) > OLD_GUARD_MS)) await removeLeft(guard);
    return;
  }
  try {
    // An owner that was only stopped has it open still.
    if ((await markIn(file).catch(() => null)) === dead) await removeLeft(file);
  } finally {
    await handle.close().catch(() => {});
    await unlink(guard).catch(() => {});
  }
}

/** Removes what nobody has any more. @throws M2mcpError not_writable where that is refused: to wait is of no use then */
async function removeLeft(file: string): Promise<void> {
  try {
    await freeName(file);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw notWritable(file, reasonOf(error));
  }
}
