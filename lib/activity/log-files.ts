import { join } from "node:path";
import { ageMs, listFolder, removeFile } from "../platform/files/files.ts";
import { isDeviceName } from "../platform/windows/paths.ts";

/** Logs are kept this long after the last line, in ms, and so many of them at most. */
const KEPT_MS = 14 * 24 * 3_600_000;
const MOST_FILES = 100;

/** The log of one run of a bridge, or what was moved aside of it. */
export interface LogName {
  file: string;
  /** What the bridge is for, as in the file's name. */
  target: string;
  pid: number;
  /** When it began, as in the file's name: they sort by it. */
  began: string;
  /** 0 for the one being written, else how many came after it. */
  older: number;
}

const NAME = /^(.+)-(\d{8}-\d{6})-(\d+)\.log(?:\.(\d))?$/;

/**
 * What a bridge is for as part of a file's name: `@svc`, or the server's host and path. A host may be called as a device is
 * on Windows (`aux.example.com`).
 */
export function targetInName(target: string, platform: string = process.platform): string {
  const name = target
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, "")
    .replace(/[?#].*$/s, "")
    .replace(/[^a-z0-9@._-]+/g, "_")
    .replace(/^[._-]+|_+$/g, "")
    .slice(0, 60);
  if (platform === "win32" && isDeviceName(name)) return `host_${name}`;
  return name || "server";
}

/** The name of the log of a bridge that began at `atMs`, in ms since the epoch: `@svc-20261127-120000-4711.log`. */
export const logName = (target: string, pid: number, atMs: number): string => {
  const stamp = new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `${targetInName(target)}-${stamp}-${pid}.log`;
};

/** The logs in a folder, the oldest first. */
export async function listLogs(folder: string): Promise<LogName[]> {
  const logs = (await listFolder(folder)).flatMap((name): LogName[] => {
    const [, target, began = "", pid, older = "0"] = NAME.exec(name) ?? [];
    if (target === undefined) return [];
    return [{ file: join(folder, name), target, began, pid: Number(pid), older: Number(older) }];
  });
  return logs.sort((a, b) => digitsOf(a.began) - digitsOf(b.began) || a.pid - b.pid || b.older - a.older);
}

/** A time in a name as a number: to compare it as text would load the tables of all languages. */
const digitsOf = (began: string) => Number(began.replace("-", ""));

/** Removes logs that nobody has written to for long, and the oldest where there are too many. Never rejects. */
export async function pruneLogs(folder: string, nowMs: number): Promise<void> {
  const aged = await Promise.all(
    (await listLogs(folder)).map(async ({ file }) => ({ file, age: (await ageMs(file, nowMs)) ?? 0 })),
  );
  const stale = aged.sort((a, b) => a.age - b.age).filter(({ age }, at) => at >= MOST_FILES || age > KEPT_MS);
  await Promise.all(stale.map(({ file }) => removeFile(file).catch(() => false)));
}
