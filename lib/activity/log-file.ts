import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../platform/files/files.ts";
import { APPENDING, endsInHalfLine, moveAside } from "../platform/files/move-aside.ts";

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
  /** What a full disk took in part ends there: the next line begins anew. */
  async function begunAnew(): Promise<void> {
    await handle?.close().catch(() => {});
    handle = null;
  }
  return {
    append(text) {
      turn = turn.then(() => write(text)).catch(begunAnew);
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
    const handle = await open(path, APPENDING, 0o600);
    if (endsInHalfLine(path)) await handle.appendFile("\n").catch(() => {});
    return handle;
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
  if (isMine) moveAside(path, mine.ino, { maxBytes, files: OLDER });
  return openToAppend(path);
}
