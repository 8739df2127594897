// Where what is this program's own lies, by the rules of each system.
import { posix, win32 } from "node:path";
import { isAbsolutePath } from "../windows/paths.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Paths by the rules of a platform. */
export interface PathRules {
  join(...parts: string[]): string;
  /** A path that says where it is by itself; undefined for any other. */
  absolute(text: string | undefined): string | undefined;
}

/** @param platform as of Node */
export function pathRules(platform: string): PathRules {
  const isWindows = platform === "win32";
  const { join } = isWindows ? win32 : posix;
  // Without its drive, `/c/Users/me` of a shell from elsewhere would lie on whatever drive is the current one.
  const isAbsolute = isWindows ? isAbsolutePath : posix.isAbsolute;
  return { join, absolute: (text) => (text && isAbsolute(text) ? text : undefined) };
}

/**
 * The user's home: as the variables have it, where one of them names an absolute path; as the system says for who has no
 * `HOME`. Undefined where `HOME` is relative, since it would lie in whatever folder this is run in, and where nobody knows.
 *
 * @param own what the system says
 */
export function homeFolder(
  env: Variables,
  platform: string = process.platform,
  own: () => string = () => process.getBuiltinModule("node:os").homedir(),
): string | undefined {
  const { absolute } = pathRules(platform);
  // HOME is there what a shell from elsewhere has set; programs of Windows go by USERPROFILE.
  const [first, second] = platform === "win32" ? [env.USERPROFILE, env.HOME] : [env.HOME, env.USERPROFILE];
  const named = absolute(first) ?? absolute(second);
  if (named !== undefined || env.HOME) return named;
  try {
    return own() || undefined;
  } catch {
    // Containers run with user ids that no list of users knows.
    return undefined;
  }
}

/** A path as a person wrote it, from a folder: whole, with their home in place of `~` as a shell has it. */
export function wholePath(
  text: string,
  folder: string,
  env: Variables,
  platform: string = process.platform,
): string {
  const { resolve } = platform === "win32" ? win32 : posix;
  return resolve(
    folder,
    text.replace(/^~(?=[\\/])/, (tilde) => homeFolder(env, platform) ?? tilde),
  );
}
