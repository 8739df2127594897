// The part of a recorder that touches the disk; loaded when there is something to write.
import { join } from "node:path";
import { ownBeginning, processSpace } from "../platform/host.ts";
import type { StateFolders } from "../platform/own-folders/state.ts";
import { parentName } from "../platform/parent-process.ts";
import { type LogEntry, lineOf } from "./entry.ts";
import { type LogFile, openLogFile } from "./log-file.ts";
import { logName, pruneLogs } from "./log-files.ts";
import { type Figures, listRunning, type RunningBridge, removeRunning, writeRunning } from "./running.ts";

/** Where a recorder's lines and figures go. No method rejects. */
export interface RecordSink {
  /** @param lost how many further lines there were */
  write(entries: readonly LogEntry[], lost: number): Promise<void>;
  update(figures: Figures): Promise<void>;
  end(figures: Figures): Promise<void>;
}

export interface SinkOptions {
  /** Null where there is no place for them. */
  folders: StateFolders | null;
  /** A file of the user's own choice; null: none is wanted. Absent: one in the folder for logs. */
  log?: string | null;
  /** What runs: `bridge to`, or `endpoint for`. */
  kind?: string;
  target: string;
  server: string;
  startedAtMs: number;
  version: string;
  now(): number;
}

/** Opens the log of this bridge and writes down that it runs; removes what others have left behind. */
export async function openSink(options: SinkOptions): Promise<RecordSink | null> {
  const { folders, target, startedAtMs, now } = options;
  const place =
    options.log !== undefined
      ? options.log
      : folders && join(folders.logs, logName(target, process.pid, startedAtMs));
  if (place === null && folders === null) return null;
  const startedBy = await parentName().catch(() => null);
  const log = place === null ? null : await openLogFile(place);
  const bridge: RunningBridge = {
    pid: process.pid,
    beginning: ownBeginning(),
    space: processSpace(),
    target,
    server: options.server,
    startedBy,
    startedAtMs,
    requests: 0,
    calls: 0,
    errors: 0,
    log: log && place,
    version: options.version,
  };
  await log?.append(`${lineOf(beginning(bridge, options.kind ?? "bridge to"))}\n`);
  if (folders) void tidied(folders, options.log === undefined && log !== null, now());
  return sinkOver(bridge, log, folders, now);
}

const beginning = (
  { startedAtMs, target, server, startedBy, version, pid }: RunningBridge,
  kind: string,
): LogEntry => {
  const what = target === server ? server : `${target}, ${server}`;
  const by = startedBy === null ? "" : `, started by ${startedBy}`;
  const text = `${kind} ${what} began (process ${pid}${by}; m2mcp ${version}, ${process.platform} ${process.arch})`;
  return { atMs: startedAtMs, level: "info", method: null, id: null, text };
};

function sinkOver(
  bridge: RunningBridge,
  log: LogFile | null,
  folders: StateFolders | null,
  now: () => number,
): RecordSink {
  let last = "";
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = async (work: () => Promise<unknown>) => {
    turn = turn.then(work);
    await turn;
  };
  return {
    async write(entries, lost) {
      const lines = entries.map((entry) => `${lineOf(entry)}\n`);
      if (lost > 0) lines.push(`${lineOf(plain(now(), "warning", `and ${lost} lines more`))}\n`);
      await log?.append(lines.join(""));
    },
    async update(figures) {
      if (!folders) return;
      const text = JSON.stringify(figures);
      if (text === last) return;
      last = text;
      Object.assign(bridge, figures);
      await inTurn(() => writeRunning(folders.running, bridge));
    },
    async end({ requests, calls, errors, servingAt }) {
      const sums = `${requests} requests, ${calls} of them calls of tools, ${errors} errors`;
      await log?.append(
        `${lineOf(plain(now(), "info", `${servingAt === undefined ? "bridge" : "serve"} ended: ${sums}`))}\n`,
      );
      await Promise.all([log?.close(), folders && inTurn(() => removeRunning(folders.running, bridge))]);
    },
  };
}

const plain = (atMs: number, level: LogEntry["level"], text: string): LogEntry => ({
  atMs,
  level,
  method: null,
  id: null,
  text,
});

/** Removes old logs, and records of bridges that were killed. */
async function tidied({ logs, running }: StateFolders, isLogHere: boolean, nowMs: number): Promise<void> {
  await listRunning(running, nowMs).catch(() => []);
  if (isLogHere) await pruneLogs(logs, nowMs).catch(() => {});
}
