// Pins on disk (docs/store-format.md).
import type { InTurn } from "../locks/turns.ts";
import { withLock } from "../locks/with-lock.ts";
import { pinsHeader, writeLock } from "../paths.ts";
import { isOfRemoved, readSealed, type StoreAccess, writeSealed } from "../sealed-files.ts";

/**
 * What was seen of servers' tools, by the same ids as state. Unlike state it is no cache: what is damaged or cannot be
 * written is an error, since what is lost would be trusted anew.
 */
export interface StoredPins {
  /** Null where nothing is pinned. @throws M2mcpError not_readable, damaged, newer_format */
  read(id: string): Promise<unknown>;
  /** Reads, changes and writes `file` under a lock. @returns what `change` did. @throws M2mcpError also not_writable */
  change<C extends { file: object }>(id: string, change: (old: unknown) => C): Promise<C>;
}

/** @param inTurn of all that this process writes to the store */
export function createStoredPins(access: StoreAccess, inTurn: InTurn): StoredPins {
  const { paths } = access;
  const read = (id: string) => readSealed(access, pinsHeader(id));
  return {
    read,
    change: (id, change) =>
      inTurn(`write ${id}`, () =>
        withLock(writeLock(paths, id), async (lease) => {
          const changed = change(await read(id));
          if (!(await isOfRemoved(paths, id)))
            await writeSealed(access, pinsHeader(id), changed.file, () => lease.confirm());
          return changed;
        }),
      ),
  };
}
