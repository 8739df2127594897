import { stat } from "node:fs/promises";
import { readOwnFile } from "../platform/files/files.ts";
import { type LogEntry, parseLine } from "./entry.ts";
import { listLogs, targetInName } from "./log-files.ts";

/** A line of a log, and whose log that is. */
export interface LoggedEntry extends LogEntry {
  target: string;
  pid: number | null;
}

/** A log that can be read. */
export interface LogSource {
  file: string;
  target: string;
  pid: number | null;
}

/** Far above what a log is allowed to come to. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * The logs of all bridges, or of those to one target; of what was written aside too.
 *
 * @param more logs that lie elsewhere
 */
export async function logsOf(
  folder: string | undefined,
  target: string | undefined,
  more: readonly LogSource[],
): Promise<LogSource[]> {
  const listed = folder === undefined ? [] : await listLogs(folder);
  const elsewhere = more.filter(({ file }) => !listed.some((log) => log.file === file));
  const wanted = target === undefined ? undefined : targetInName(target);
  return [...listed, ...elsewhere].filter(
    (log) => wanted === undefined || isOf(targetInName(log.target), wanted),
  );
}

/** Whether a log is of a target, or of several servers that it is one of: `@a_@b`. */
const isOf = (target: string, wanted: string): boolean =>
  target === wanted ||
  (wanted.startsWith("@") && target.replaceAll("_@", "\n@").split("\n").includes(wanted));

/**
 * The last entries of these logs, in the order of time.
 *
 * @param most how many
 */
export async function lastEntries(logs: readonly LogSource[], most: number): Promise<LoggedEntry[]> {
  const dated = await Promise.all(
    logs.map(async (log) => ({ log, atMs: (await stat(log.file).catch(() => null))?.mtimeMs ?? 0 })),
  );
  let entries: LoggedEntry[] = [];
  for (const { log, atMs } of dated.sort((a, b) => b.atMs - a.atMs)) {
    // What was last written before all of these has nothing newer.
    const oldest = entries.length < most ? undefined : entries[0];
    if (oldest && atMs < oldest.atMs) break;
    const text = (await readOwnFile(log.file, MAX_BYTES).catch(() => null))?.bytes.toString("utf8") ?? "";
    entries = [...entries, ...entriesIn(text, log)].sort((a, b) => a.atMs - b.atMs).slice(-most);
  }
  return entries;
}

/** The entries in the text of a log; lines that are none are left out. */
export const entriesIn = (text: string, { target, pid }: LogSource): LoggedEntry[] =>
  text.split("\n").flatMap((line) => {
    const entry = parseLine(line);
    return entry ? [{ ...entry, target, pid }] : [];
  });
