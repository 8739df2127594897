import { join } from "node:path";
import { M2mcpError } from "../failure.ts";
import { listFolder, namesIn } from "../platform/files/files.ts";
import { isDeviceName } from "../platform/windows/paths.ts";
import { badProfileName, deviceName } from "./errors.ts";
import { nameOfSealed, profileHeader, type StorePaths } from "./paths.ts";
import { readSealed, type StoreAccess, writeSealed } from "./sealed-files.ts";
import type { Header } from "./vault.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Faults of one file; any other is one of the whole store. */
const OF_ONE_FILE = ["damaged", "newer_format", "not_readable"];

/** What the store knows of a profile; all else in it is the caller's. */
export interface Named {
  name: string;
}

/** @throws M2mcpError usage when the name cannot be a profile's */
export function checkedHeader(name: string, platform: string = process.platform): Header {
  if (!NAME.test(name)) throw badProfileName(name);
  // Its file could be made, and then neither seen nor removed by others.
  if (platform === "win32" && isDeviceName(name)) throw deviceName(name);
  return profileHeader(name);
}

/** Null where there is none. @throws M2mcpError usage where that cannot be its name; as `readSealed` */
export async function readProfile<P extends Named>(access: StoreAccess, name: string): Promise<P | null> {
  return (await readSealed(access, checkedHeader(name))) as P | null;
}

export const writeProfile = (access: StoreAccess, profile: Named): Promise<void> =>
  writeSealed(access, checkedHeader(profile.name), profile);

/** The names there are files for, sorted, in small letters; nothing is opened. */
export const profileNames = async (paths: StorePaths): Promise<string[]> =>
  (await listFolder(paths.profiles)).flatMap((file) => nameOfSealed(file) ?? []).sort();

/** All that can be read, sorted by name, and the files that could not; the folder where it could not. */
export async function listProfiles<P extends Named>(access: StoreAccess) {
  const folder = access.paths.profiles;
  const profiles: P[] = [];
  const unreadable: { file: string; error: Error }[] = [];
  const files = await namesIn(folder).catch((error: M2mcpError) => {
    unreadable.push({ file: folder, error });
    return [];
  });
  for (const file of files.sort()) {
    const name = nameOfSealed(file);
    if (name === null) continue;
    try {
      const profile = (await readSealed(access, profileHeader(name))) as P | null;
      if (profile) profiles.push(profile);
    } catch (error) {
      // A store that does not open at all is one error, not one for each file.
      if (!(error instanceof M2mcpError) || !OF_ONE_FILE.includes(error.code)) throw error;
      unreadable.push({ file: join(folder, file), error });
    }
  }
  return { profiles, unreadable };
}
