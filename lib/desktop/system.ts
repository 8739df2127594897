// What a host's files are looked for with: the one place that says where a user's things are, and a disk, handed in.
import { homedir } from "node:os";
import { posix, win32 } from "node:path";
import { exists, listFolder, readOwnFile } from "../platform/files/files.ts";
import { homeFolder } from "../platform/own-folders/home.ts";

/** The machine as hosts see it. */
export interface System {
  /** As of Node: darwin, linux, win32. */
  platform: string;
  env: Record<string, string | undefined>;
  /** Where project files lie. */
  cwd: string;
  /** The bytes of a file; null when there is none. @throws M2mcpError not_readable */
  read(file: string): Promise<Uint8Array | null>;
  exists(path: string): Promise<boolean>;
  /** Names in a folder; none when there is none. */
  list(folder: string): Promise<string[]>;
}

/** Larger than any settings that people keep, in bytes; histories of some hosts lie in them too. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** This machine. @param io of the command */
export const thisSystem = (io: { env: System["env"]; readonly cwd: string }): System => ({
  platform: process.platform,
  env: io.env,
  cwd: io.cwd,
  read: async (file) => (await readOwnFile(file, LARGEST_BYTES))?.bytes ?? null,
  exists: (path) => exists(path).catch(() => false),
  list: listFolder,
});

/** Joins and takes apart paths as the system writes them. */
export const pathsOf = ({ platform }: Pick<System, "platform">) => (platform === "win32" ? win32 : posix);

/**
 * A path of a host's description as one of this system: `~` is the user's home, `{NAME|path}` the folder that a
 * variable names, else the path, `{cwd}` the current folder.
 */
export function expanded(pattern: string, system: System): string {
  const { isAbsolute } = pathsOf(system);
  const filled = pattern
    .replace("{cwd}", () => system.cwd)
    .replace(/\{([A-Z_]+)\|([^}]*)\}/g, (_, name: string, otherwise: string) => {
      const named = system.env[name];
      // A relative one would mean another folder for us than for the host.
      return named && isAbsolute(named) ? named : otherwise;
    });
  return filled.startsWith("~") ? homeOf(system) + filled.slice(1) : filled;
}

const homeOf = ({ platform, env }: System): string => homeFolder(env, platform) ?? homedir();

/** A path as people write it: the home as `~`. */
export function shortPath(path: string, system: System): string {
  const { sep } = pathsOf(system);
  const home = homeOf(system);
  return system.platform !== "win32" && path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
}
