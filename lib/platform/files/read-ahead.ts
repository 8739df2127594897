import { readOwnFile } from "./files.ts";
import type { FileContent } from "./read-file.ts";

/** How long what was read ahead is as good as what would be read now, in ms. */
const GOOD_MS = 100;
/** Far above what files of ours come to. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Reads files of ours together that a start will ask for one after another, while other things are loaded: each of them
 * costs a turn of the event loop otherwise.
 */
export function createReadAhead() {
  /** Null once a lock was taken: from then on what was read before may have been changed. */
  let begun: Map<string, { reading: Promise<FileContent | null>; atMs: number }> | null = new Map();
  return {
    begin(files: readonly string[]): void {
      if (!begun) return;
      for (const file of files) {
        const reading = readOwnFile(file, MOST_BYTES);
        // Whoever asks for it is told.
        reading.catch(() => {});
        begun.set(file, { reading, atMs: performance.now() });
      }
    },
    /** As `readOwnFile`, once from what was read ahead. */
    async read(file: string, maxBytes: number): Promise<FileContent | null> {
      const ahead = begun?.get(file);
      begun?.delete(file);
      if (ahead && performance.now() - ahead.atMs < GOOD_MS) {
        const found = await ahead.reading;
        if (!found || found.bytes.length <= maxBytes) return found;
      }
      return readOwnFile(file, maxBytes);
    },
    /** What was read ahead does not count any more: a lock is held, under which files are read as they are now. */
    end(): void {
      begun = null;
    },
  };
}

/** Of this process. */
export const filesAhead = createReadAhead();
