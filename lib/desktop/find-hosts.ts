import { M2mcpError } from "../failure.ts";
import { type Entry, entryOf, isOurs, targetOf } from "./entry.ts";
import type { Host, Scope } from "./host.ts";
import { SCOPES } from "./host.ts";
import { entriesOf, readHostFile } from "./host-file.ts";
import { HOSTS } from "./hosts/all.ts";
import { isHere, type Place, placeOf } from "./place.ts";
import type { System } from "./system.ts";

/** An entry of a host's file that starts this program. */
export interface OwnEntry extends Entry {
  name: string;
  /** `@svc` or an address; undefined where it names none. */
  target: string | undefined;
}

/** One file of a host, and what is ours in it. */
export interface FoundFile {
  scope: Scope;
  file: string;
  exists: boolean;
  /** Other files that it could be as well. */
  others: string[];
  ours: OwnEntry[];
  /** How many entries are not ours. */
  foreign: number;
  /** Why it cannot be read. */
  problem?: M2mcpError;
}

export interface FoundHost {
  host: Host;
  /** Whether it seems to be on this machine. */
  here: boolean;
  files: FoundFile[];
}

/**
 * Every known host with its files and our entries in them. Writes nothing; what cannot be read is told, not thrown.
 *
 * @param system the machine, and the folder that project files are looked for in
 * @param scopes which of their files
 */
export const findHosts = (
  system: System,
  hosts: readonly Host[] = HOSTS,
  scopes: readonly Scope[] = SCOPES,
): Promise<FoundHost[]> =>
  Promise.all(
    hosts.map(async (host) => {
      const places = await Promise.all(scopes.map((scope) => placeOf(host, scope, system)));
      const files: FoundFile[] = [];
      for (const place of places) {
        // In the home folder a project's file is the user's own.
        const isKnown = (one: FoundFile) => one.file === place?.file && place.scope === "project";
        if (place && !files.some(isKnown)) files.push(await lookInto(place, system));
      }
      return { host, here: await isHere(host, system), files };
    }),
  );

/** One file of a host, wherever it is. What cannot be read is told, not thrown. */
export async function lookInto(place: Place, system: System): Promise<FoundFile> {
  const { scope, file, others } = place;
  const found: FoundFile = { scope, file, exists: false, others, ours: [], foreign: 0 };
  try {
    const read = await readHostFile(place, system);
    found.exists = read.text !== null;
    for (const [name, value] of entriesOf(read)) {
      const entry = entryOf(value);
      if (entry && isOurs(entry)) found.ours.push({ ...entry, name, target: targetOf(entry) });
      else found.foreign++;
    }
  } catch (error) {
    if (!(error instanceof M2mcpError)) throw error;
    found.exists = true;
    found.problem = error;
  }
  return found;
}
