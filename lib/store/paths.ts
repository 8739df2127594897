import { basename, join } from "node:path";
import type { Header } from "./vault.ts";

const SUFFIX = ".m2mcp";

/** Where a store keeps what (docs/store-format.md). */
export interface StorePaths {
  folder: string;
  /** Which key opens the store, and where it is. */
  description: string;
  /** The key, where it lies in a file. */
  key: string;
  /** Written when stale files were last looked for. */
  pruned: string;
  profiles: string;
  state: string;
  pins: string;
  locks: string;
}

/** All paths of the store in a folder. */
export const storePaths = (folder: string): StorePaths => ({
  folder,
  description: join(folder, "store.json"),
  key: join(folder, "store.key"),
  pruned: join(folder, "pruned"),
  profiles: join(folder, "profiles"),
  state: join(folder, "state"),
  pins: join(folder, "pins"),
  locks: join(folder, "locks"),
});

/** Some file systems do not tell capitals apart; two names would then be one file. */
export const profileHeader = (name: string): Header => ({ kind: "profile", name: name.toLowerCase() });
export const stateHeader = (id: string): Header => ({ kind: "state", name: id.toLowerCase() });
export const pinsHeader = (id: string): Header => ({ kind: "pins", name: id.toLowerCase() });

/** The file that is sealed with a header. */
export const sealedFile = (paths: StorePaths, { kind, name }: Header): string =>
  join(kind === "profile" ? paths.profiles : paths[kind], `${name}${SUFFIX}`);

/** The profile name or state id that a file is for; null for one that is none of ours. */
export function nameOfSealed(file: string): string | null {
  const name = basename(file);
  return name.endsWith(SUFFIX) && !name.startsWith(".") ? name.slice(0, -SUFFIX.length) : null;
}

/** Ids of state that belongs to no profile. */
const UNNAMED = /^[0-9a-f]{32}$/;

/** Whether state is a profile's, and not that of credentials from the environment. */
export const belongsToProfile = (id: string): boolean => !UNNAMED.test(id);

const lockFile = (paths: StorePaths, id: string) => join(paths.locks, `${id.toLowerCase()}.lock`);

/** Held while one process asks for a token. */
export const workLock = lockFile;
// A plus is in no profile's name, so these locks are apart from those of profiles.
/** Held while state is read, changed and written, or a profile removed. */
export const writeLock = (paths: StorePaths, id: string): string => lockFile(paths, `${id}+write`);
/** Held while the store is made or its key moves. */
export const storeLock = (paths: StorePaths): string => lockFile(paths, "+store");
/** Says which process has something for as long as it lives. */
export const claimFile = (paths: StorePaths, id: string): string => join(paths.locks, `${id}+claim`);
