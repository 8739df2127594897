import { randomBytes } from "node:crypto";
import { open, readFile, rename, stat, unlink, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { lockedTooLong, notWritable } from "../errors.ts";
import { codeOf, makeFolder } from "../platform/files.ts";

/** The owner shows that it lives this often, in ms. */
const HEARTBEAT_MS = 1000;
/** A lock without a sign of life for this long is taken over, in ms. */
const STALE_MS = 4000;
/** Nobody waits longer, in ms. */
const LONGEST_WAIT_MS = 60_000;

const sleep = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs));

/**
 * Runs `work` while no other process holds the lock file. A killed owner is noticed at once on the same machine,
 * else within 4 s; the file is gone afterwards.
 *
 * @throws M2mcpError locked after 60 s, not_writable, and what `work` throws
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const mark = `${process.pid} ${randomBytes(8).toString("hex")}`;
  await makeFolder(dirname(file));
  const startedMs = performance.now();
  while (!(await take(file, mark))) {
    if (performance.now() - startedMs > LONGEST_WAIT_MS) throw lockedTooLong(file);
    await breakDead(file);
    await sleep(3 + Math.random() * 20);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref?.();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    const held = await readFile(file, "utf8").catch(() => "");
    if (held === mark) await unlink(file).catch(() => {});
  }
}

async function take(file: string, mark: string): Promise<boolean> {
  try {
    const handle = await open(file, "wx", 0o600);
    await handle.writeFile(mark);
    await handle.close();
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw notWritable(file, codeOf(error));
  }
}

async function breakDead(file: string): Promise<void> {
  const seen = await readFile(file, "utf8").catch(() => null);
  const found = await stat(file).catch(() => null);
  if (seen === null || !found) return;
  const silentMs = Date.now() - found.mtimeMs;
  const pid = Number(seen.split(" ")[0]);
  // An empty mark is a lock being made at this moment.
  const dead = seen === "" ? silentMs > STALE_MS : silentMs > STALE_MS || !isAlive(pid);
  if (!dead) return;
  // Renaming is the one step that only one breaker can win; what it got is checked before it is thrown away.
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  if (
    !(await rename(file, aside)
      .then(() => true)
      .catch(() => false))
  )
    return;
  const got = await readFile(aside, "utf8").catch(() => null);
  if (got === seen) await unlink(aside).catch(() => {});
  else await rename(aside, file).catch(() => {});
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
