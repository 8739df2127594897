import { readFileSync } from "node:fs";

/** How far an open file has been read, in bytes; 0 where the system does not tell (only Linux does). */
export function offsetOf(fd: number): number {
  try {
    return Number(/^pos:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
