import { isNotWritable } from "../../platform/errors.ts";
import { type StorePaths, workLock } from "../paths.ts";
import type { Lease } from "./lock.ts";
import type { InTurn } from "./turns.ts";
import { withLock } from "./with-lock.ts";

/** The locks under which a caller's long work runs, such as asking for a token: one at a time for each id. */
export function createWorkLocks(paths: StorePaths, inTurn: InTurn) {
  const leases = new Map<string, Lease>();
  return {
    run: <T>(id: string, work: () => Promise<T>): Promise<T> =>
      inTurn(`lock ${id}`, async () => {
        let started = false;
        const begin = async (lease: Lease) => {
          started = true;
          leases.set(id, lease);
          return work().finally(() => leases.delete(id));
        };
        try {
          return await withLock(workLock(paths, id), begin);
        } catch (error) {
          // Without a place for lock files there is nobody to share with.
          if (started || !isNotWritable(error)) throw error;
          return work();
        }
      }),

    /** Whether work under way here was stopped for so long that another process does it now, or has done it. */
    async isOvertaken(id: string): Promise<boolean> {
      const lease = leases.get(id);
      return lease !== undefined && !(await lease.isHeld());
    },
  };
}

export type WorkLocks = ReturnType<typeof createWorkLocks>;
