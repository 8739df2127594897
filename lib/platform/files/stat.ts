import type { Stats } from "node:fs";

interface Bun {
  file(path: string): { stat(): Promise<Stats> };
}

/** What the file system says of a file or folder; Bun asks it without loading anything. Rejects with its error. */
export async function statOf(path: string): Promise<Stats> {
  const bun = (globalThis as { Bun?: Bun }).Bun;
  return bun ? bun.file(path).stat() : (await import("node:fs/promises")).stat(path);
}
