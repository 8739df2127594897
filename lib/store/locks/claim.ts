// Something that one process of a home has for as long as it lives: a file that it touches again and again.
import { utimes } from "node:fs/promises";
import { ageMs, removeFile, writeAtomic } from "../../platform/files/files.ts";
import { claimFile, type StorePaths } from "../paths.ts";
import { isDead, markIn, newMark } from "./owner.ts";
import { withLock } from "./with-lock.ts";

/** One that shows no life has it no more after this time, in ms; one that has ended on this machine, at once. */
const LEASE_MS = 3500;

/**
 * @param id of what is claimed
 * @returns what claims it: the mark of who has it then; undefined where no file can be written
 */
export function fileClaims(paths: StorePaths, id: string) {
  const file = claimFile(paths, id);
  const beginning = newMark();
  /** Who has it: the last word of the file. */
  async function holder(): Promise<string | undefined> {
    const text = (await markIn(file)) || undefined;
    if (text === undefined || isDead(text)) return undefined;
    const age = await ageMs(file, Date.now());
    return age !== null && Math.abs(age) < LEASE_MS ? lastWord(text) : undefined;
  }
  async function touch(mark: string): Promise<boolean> {
    if (lastWord((await markIn(file)) ?? "") !== mark) return false;
    await utimes(file, new Date(), new Date());
    return true;
  }
  return {
    async claim(mark: string): Promise<string | undefined> {
      try {
        if (await touch(mark)) return mark;
        const known = await holder();
        if (known !== undefined) return known;
        return await withLock(`${file}.lock`, async (lease) => {
          const owner = await holder();
          if (owner !== undefined) return owner;
          const confirm = () => lease.confirm();
          await writeAtomic(file, Buffer.from(`${beginning} ${mark}`), { confirm });
          return mark;
        });
      } catch {
        return undefined;
      }
    },
    async release(mark: string): Promise<void> {
      try {
        if (lastWord((await markIn(file)) ?? "") === mark) await removeFile(file);
      } catch {
        // It expires.
      }
    },
  };
}

const lastWord = (text: string): string => text.slice(text.lastIndexOf(" ") + 1);
