import type { Stats } from "node:fs";

interface Bun {
  file(path: string): { stat(): Promise<Stats>; text(): Promise<string> };
}

const bun = () => (globalThis as { Bun?: Bun }).Bun;

/** What the file system says of a file or folder; Bun asks it without loading anything. Rejects with its error. */
export async function statOf(path: string): Promise<Stats> {
  return bun()?.file(path).stat() ?? (await import("node:fs/promises")).stat(path);
}

/** A file of the system's own, such as those of /proc, whole; in the same way. Rejects with the file system's error. */
export async function systemFile(path: string): Promise<string> {
  return bun()?.file(path).text() ?? (await import("node:fs/promises")).readFile(path, "utf8");
}
