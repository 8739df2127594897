import { constants } from "node:fs";
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../platform/files/files.ts";

/** A log is begun anew beyond this size, in bytes, and so many older ones are kept beside it. */
const MAX_BYTES = 1024 * 1024;
const OLDER = 2;

/** A file that lines are added to. A disk that takes none is nobody's trouble: they are lost. */
export interface LogFile {
  /** Adds text, once what was added before is written. Never rejects. */
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a log, readable by its owner alone; several processes may write to one.
 *
 * @returns null where it cannot be written
 */
export async function openLogFile(path: string, maxBytes = MAX_BYTES): Promise<LogFile | null> {
  let handle = await openToAppend(path);
  if (!handle) return null;
  let turn: Promise<void> = Promise.resolve();

  async function write(text: string): Promise<void> {
    handle = await renewed(path, handle, maxBytes);
    await handle?.appendFile(text);
  }
  return {
    append(text) {
      turn = turn.then(() => write(text)).catch(() => {});
      return turn;
    },
    async close() {
      await turn;
      await handle?.close().catch(() => {});
    },
  };
}

async function openToAppend(path: string): Promise<FileHandle | null> {
  try {
    await makeFolder(dirname(path));
    // Without O_NONBLOCK, a pipe waits for its reader.
    const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NONBLOCK ?? 0);
    return await open(path, flags, 0o600);
  } catch {
    return null;
  }
}

/** The handle to go on with: another one where the file is full, or another process has moved it away. */
async function renewed(
  path: string,
  handle: FileHandle | null,
  maxBytes: number,
): Promise<FileHandle | null> {
  const mine = await handle?.stat();
  if (mine && !mine.isFile()) return handle;
  const there = await stat(path).catch(() => null);
  const isMine = mine !== undefined && there !== null && mine.ino === there.ino && mine.dev === there.dev;
  if (isMine && mine.size < maxBytes) return handle;
  await handle?.close().catch(() => {});
  if (isMine) await moveAside(path);
  return openToAppend(path);
}

async function moveAside(path: string): Promise<void> {
  for (let at = OLDER; at > 1; at--) await rename(`${path}.${at - 1}`, `${path}.${at}`).catch(() => {});
  await rename(path, `${path}.1`).catch(() => {});
}
