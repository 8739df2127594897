import { codeOf } from "../platform/error-code.ts";
import { reasonOf, removeFile } from "../platform/files/files.ts";
import { replaceFile } from "../platform/files/replace-file.ts";
import { keepBackup, pruneBackups } from "./backups.ts";
import { changedMeanwhile, hostFileNotWritable, readOnlyFile } from "./errors.ts";
import { type Change, type HostFile, readHostFile } from "./host-file.ts";
import type { Place } from "./place.ts";
import type { System } from "./system.ts";

/** A host that saves while we do is given way so often. */
const TRIES = 5;

export interface Written {
  change: Change;
  /** The copy of what was there; null where nothing was. */
  backup: string | null;
}

/**
 * Reads a host's file, changes it and writes it; anew where another program changed it in between, so that nothing of
 * its is lost.
 *
 * @param make the change, of the file as it is now
 * @throws M2mcpError damaged_host_file, read_only_file, changed_meanwhile, host_file_not_written
 */
export async function writeChange(
  place: Place,
  system: System,
  nowMs: number,
  make: (file: HostFile) => Change | Promise<Change>,
): Promise<Written> {
  for (let count = 0; count < TRIES; count++) {
    const file = await readHostFile(place, system);
    const change = await make(file);
    if (change.after === change.before) return { change, backup: null };
    const old = file.text === null ? null : Buffer.from(file.mark + file.text);
    const content = change.after === null ? null : Buffer.from(file.mark + change.after);
    try {
      // Of a file that holds nothing but what we wrote there is nothing to keep.
      const backup = old && content ? await keepBackup(place.file, old, nowMs) : null;
      const outcome = await replaceFile(place.file, old, content);
      if (outcome === "written") {
        await pruneBackups(place.file, system);
        return { change, backup };
      }
      if (backup !== null) await removeFile(backup);
      if (outcome === "read-only") throw readOnlyFile(place.file);
    } catch (error) {
      if (codeOf(error) === "read_only_file") throw error;
      throw hostFileNotWritable(
        place.file,
        codeOf(error) === "EEXIST" ? "another m2mcp is writing it" : reasonOf(error),
      );
    }
  }
  throw changedMeanwhile(place.file);
}
