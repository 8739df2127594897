import type { Lease } from "./lock.ts";

/** As `withFileLock` of lock.ts, which is loaded with the first lock: most commands take none. */
export const withLock = async <T>(file: string, work: (lease: Lease) => Promise<T>): Promise<T> =>
  (await import("./lock.ts")).withFileLock(file, work);
