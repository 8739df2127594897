import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";

/** How a file is opened that several processes add lines to. Without O_NONBLOCK, a pipe waits for its reader. */
export const APPENDING =
  constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NONBLOCK ?? 0);

/** Whether who wrote to a file last was ended within a line, by a kill or a full disk. False of what is no file, or cannot be read. */
export function endsInHalfLine(path: string): boolean {
  try {
    const fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const { size } = fstatSync(fd);
      const last = Buffer.alloc(1);
      return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 10;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

/** When a file is moved aside, and how many are kept. */
export interface Rotation {
  maxBytes: number;
  /** Older ones beside it: FILE.1 is the latest. */
  files: number;
}

/** A lock that is older is a dead process's, in ms. */
const LOCK_MS = 10_000;

/**
 * Moves a full file aside, unless another process does or has done. @returns whether the file is another one by now
 *
 * @param ino which file is meant
 */
export function moveAside(path: string, ino: number, { maxBytes, files }: Rotation): boolean {
  const lock = `${path}.lock`;
  try {
    closeSync(openSync(lock, "wx", 0o600));
  } catch {
    removeOld(lock);
    return false;
  }
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.ino !== ino) return true;
    if (there.size < maxBytes) return false;
    rmSync(`${path}.${files}`, { force: true });
    for (let at = files - 1; at >= 1; at--) renamed(`${path}.${at}`, `${path}.${at + 1}`);
    if (files === 0) rmSync(path);
    else renameSync(path, `${path}.1`);
    return true;
  } catch {
    // Windows moves none that a virus scanner reads: lines go on where they are, and the next look tries again.
    return false;
  } finally {
    rmSync(lock, { force: true });
  }
}

/** One of a clock that has been set back is old too. What is no lock of ours, a folder for one, stays. */
function removeOld(lock: string): void {
  try {
    if (Math.abs(Date.now() - lstatSync(lock).mtimeMs) > LOCK_MS) rmSync(lock);
  } catch {
    // It is gone, or will not go.
  }
}

function renamed(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}
