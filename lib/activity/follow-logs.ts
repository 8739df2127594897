import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { entriesIn, type LoggedEntry, type LogSource } from "./read-logs.ts";

const CHUNK_BYTES = 64 * 1024;

/** A log that is being followed. */
interface Followed {
  source: LogSource;
  handle: FileHandle;
  ino: number;
  at: number;
  /** A line whose end is not written yet. */
  rest: Buffer;
}

/**
 * What is written to logs from now on, also to those that come later, and on beyond the moment when a full one is moved
 * aside.
 *
 * @param find the logs that there are by then
 */
export function createFollower(find: () => Promise<readonly LogSource[]>) {
  const followed = new Map<string, Followed>();

  async function take(source: LogSource, fromStart: boolean): Promise<void> {
    // Without O_NONBLOCK, a pipe waits for its writer.
    const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
    const handle = await open(source.file, flags).catch(() => null);
    const found = await handle?.stat().catch(() => null);
    if (!handle || !found?.isFile()) return void handle?.close().catch(() => {});
    const at = fromStart ? 0 : found.size;
    followed.set(source.file, { source, handle, ino: found.ino, at, rest: Buffer.alloc(0) });
  }
  async function look(isFirst: boolean): Promise<LoggedEntry[]> {
    const entries: LoggedEntry[] = [];
    for (const source of await find()) {
      // What was moved aside was followed under its name before.
      if (/\.log\.\d$/.test(source.file)) continue;
      if (!followed.has(source.file)) await take(source, !isFirst);
      const log = followed.get(source.file);
      if (!log) continue;
      entries.push(...(await news(log)));
      const there = await stat(source.file).catch(() => null);
      if (there?.ino === log.ino) continue;
      followed.delete(source.file);
      await log.handle.close().catch(() => {});
      if (there) await take(source, true);
      const next = followed.get(source.file);
      if (next) entries.push(...(await news(next)));
    }
    return entries.sort((a, b) => a.atMs - b.atMs);
  }
  return {
    /** Follows what is there from its end on. */
    begin: () => look(true),
    /** What has come since the last look. */
    news: () => look(false),
    async end() {
      await Promise.all([...followed.values()].map(({ handle }) => handle.close().catch(() => {})));
      followed.clear();
    },
  };
}

async function news(log: Followed): Promise<LoggedEntry[]> {
  const parts = [log.rest];
  for (;;) {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await log.handle.read(buffer, 0, CHUNK_BYTES, log.at);
    if (bytesRead === 0) break;
    log.at += bytesRead;
    parts.push(buffer.subarray(0, bytesRead));
  }
  const bytes = Buffer.concat(parts);
  const end = bytes.lastIndexOf(10) + 1;
  log.rest = Buffer.from(bytes.subarray(end));
  return entriesIn(bytes.subarray(0, end).toString("utf8"), log.source);
}
