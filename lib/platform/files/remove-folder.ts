import { readdir, rm, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { despiteOthers } from "./despite-others.ts";

/**
 * Removes a folder that was made for a moment, with what is in it. Never rejects: what another program has open there
 * stays, and must not take the result with it.
 */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => emptied(folder));
}

/** One file after the other: of several some may go, and what was secret in them. */
async function emptied(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names) await despiteOthers(() => unlink(join(folder, name))).catch(() => {});
  await rmdir(folder).catch(() => {});
}
