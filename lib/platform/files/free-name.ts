import { rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { despiteOthers } from "./despite-others.ts";
import { temporaryIn } from "./files.ts";

/** What is done to a disk. */
interface Disk {
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

/**
 * Removes a file that another process may have open, so that its name is free at once. On Windows a file that is removed
 * keeps its name for as long as somebody has it open, on older systems and network drives at least; one that is renamed
 * does not.
 *
 * @throws what the file system says
 */
export async function freeName(
  file: string,
  platform: string = process.platform,
  disk: Disk = { rename, unlink },
): Promise<void> {
  if (platform !== "win32") return disk.unlink(file);
  const aside = temporaryIn(dirname(file));
  await despiteOthers(() => disk.rename(file, aside), platform);
  // It goes with its last reader; what stays is a stale file.
  await disk.unlink(aside).catch(() => {});
}
