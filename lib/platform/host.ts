// What runtimes and operating systems do each in their own way.
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf } from "./error-code.ts";

const text = (read: () => string): string => {
  try {
    return read().trim();
  } catch {
    return "";
  }
};

let known: string | undefined;

/**
 * Where process ids mean the same as here: this machine since its start and, on Linux, this pid namespace, since
 * containers may share a home but not their ids.
 */
export function processSpace(): string {
  known ??=
    process.platform === "linux"
      ? [
          text(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8")) || hostname(),
          text(() => readlinkSync("/proc/self/ns/pid")).replace(/\D/g, ""),
        ].join("/")
      : hostname();
  return known.replace(/\s/g, "_");
}

/** Where an address of the machine's own leads to the same as here: on Linux, namespaces have loopbacks of their own. */
export const loopbackSpace = (): string =>
  [processSpace(), text(() => readlinkSync("/proc/self/ns/net")).replace(/\D/g, "")].join("/");

/** What Linux says of a process. */
export interface LinuxProcess {
  /** The first letters of its program's name. */
  command: string;
  state: string;
  parent: number;
  /** When it began, in ticks since the system's start. */
  beginning: string;
}

/** @returns null where nothing is said */
export function linuxProcess(pid: number): LinuxProcess | null {
  if (process.platform !== "linux") return null;
  const stat = text(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The second field is the program's name in parentheses, which may hold anything.
  const end = stat.lastIndexOf(")");
  const fields = stat.slice(end + 2).split(" ");
  if (stat === "") return null;
  const command = stat.slice(stat.indexOf("(") + 1, end);
  return { command, state: fields[0] ?? "", parent: Number(fields[1]), beginning: fields[19] ?? "" };
}

/** When this process began, to tell it from a later one with the same id; "-" where the system does not say. */
export const ownBeginning = (): string => linuxProcess(process.pid)?.beginning || "-";

/** Whether a process of this process space runs, and is the one that began then: ids are used again. */
export function isAlive(pid: number, beginning: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== "EPERM") return false;
  }
  const seen = linuxProcess(pid);
  if (!seen) return true;
  // A zombie has ended, and only waits for its parent to notice.
  if (seen.state === "Z" || seen.state === "X") return false;
  return beginning === "-" || seen.beginning === beginning;
}
