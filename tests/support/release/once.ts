// What takes long to make is made once, by the first test file that wants it; the others wait for it.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../home.ts";
import { sleep } from "../waiting.ts";

/** Not in the folder for temporary files, which is small on some machines. */
const KEPT = join(ROOT, "build", "for-tests");

/**
 * @param name of the thing
 * @param key what it is made of: made under another key, it is made anew
 * @param make fills the folder that it is given
 * @returns the folder
 */
export async function once(name: string, key: string, make: (folder: string) => unknown): Promise<string> {
  const folder = join(KEPT, `${name}-${key}`);
  const lock = join(KEPT, `${name}.lock`);
  mkdirSync(KEPT, { recursive: true });
  for (;;) {
    if (existsSync(folder)) return folder;
    if (isTaken(lock)) break;
    await sleep(100);
  }
  try {
    if (existsSync(folder)) return folder;
    for (const old of readdirSync(KEPT))
      if (old.startsWith(`${name}-`)) rmSync(join(KEPT, old), { recursive: true });
    const part = join(KEPT, `${name}-part`);
    mkdirSync(part);
    await make(part);
    renameSync(part, folder);
    return folder;
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @returns whether the lock is this process's now; one of a process that is gone counts no more */
function isTaken(lock: string): boolean {
  try {
    writeFileSync(lock, `${process.pid}`, { flag: "wx" });
    return true;
  } catch {
    try {
      process.kill(Number(readFileSync(lock, "utf8") || process.pid), 0);
    } catch {
      rmSync(lock, { force: true });
    }
    return false;
  }
}
