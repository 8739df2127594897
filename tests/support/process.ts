// What a process uses (Linux).
import { readdirSync, readFileSync } from "node:fs";

const statusMb = (pid: number | undefined, field: string) =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Resident memory, in MB. */
export const memoryMb = (pid: number | undefined) => statusMb(pid, "VmRSS");

/** The most memory that it has had, in MB. */
export const peakMb = (pid: number | undefined) => statusMb(pid, "VmHWM");

/** How many descriptors are open. */
export const descriptors = (pid: number | undefined) => readdirSync(`/proc/${pid}/fd`).length;
