// How programs are found and started on Windows: by rules of its own, of which the runtimes follow some. Pure, over the
// variables and a look at the disk.
import { win32 } from "node:path";
import { isAbsolutePath } from "./paths.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What a process is made of. */
export interface WindowsStart {
  file: string;
  args: string[];
  /** The arguments are the command line as it stands: nothing is to be quoted any more. */
  isVerbatim: boolean;
}

const USUAL_ENDINGS = [".com", ".exe", ".bat", ".cmd"];
const BY_THE_SHELL = /\.(bat|cmd)$/i;

/** A variable, whose name's capitals do not count on Windows, as they do in a copy of the environment. */
export function windowsVariable(env: Variables, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return env[name] ?? Object.entries(env).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/**
 * A program of Windows' own by its whole path: by its name alone, one of that name in the current folder would be started
 * first.
 *
 * @param path below System32: `tasklist.exe`
 */
export function systemProgram(path: string, env: Variables): string {
  const named = windowsVariable(env, "SystemRoot") ?? windowsVariable(env, "windir");
  const root = named !== undefined && isAbsolutePath(named) ? named : "C:\\Windows";
  return win32.join(root, "System32", path);
}

/** The shell that commands are written for: cmd, which `ComSpec` may put elsewhere. */
export function windowsShell(env: Variables): string {
  const named = windowsVariable(env, "ComSpec");
  return named !== undefined && isAbsolutePath(named) && /[\\/]cmd\.exe$/i.test(named)
    ? named
    : systemProgram("cmd.exe", env);
}

/**
 * How a program is started without a shell's syntax: found over PATH by the endings of PATHEXT, never in the current
 * folder; batch files, as npm and some makers have in a program's place, by cmd with each argument quoted for it.
 *
 * @param name as on a command line; with a folder it is not looked for elsewhere
 * @returns undefined where there is no such program
 * @throws Error where a batch file cannot be given an argument as it is
 */
export function windowsStart(
  name: string,
  args: readonly string[],
  env: Variables,
  isFile: (path: string) => boolean,
): WindowsStart | undefined {
  const file = found(name, env, isFile);
  if (file === undefined) return undefined;
  if (!BY_THE_SHELL.test(file)) return { file, args: [...args], isVerbatim: false };
  const line = [`"${file}"`, ...args.map(batchArgument)].join(" ");
  // /v:off leaves ! alone, /d runs nothing of the registry's, and the outer quotes are taken off.
  return {
    file: windowsShell(env),
    args: ["/e:ON", "/v:OFF", "/d", "/s", "/c", `"${line}"`],
    isVerbatim: true,
  };
}

function found(name: string, env: Variables, isFile: (path: string) => boolean): string | undefined {
  const given = windowsVariable(env, "PATHEXT")
    ?.split(";")
    .map((ending) => ending.trim().toLowerCase());
  // Of others, such as .js, this could start none.
  const usable = given?.filter((ending) => USUAL_ENDINGS.includes(ending)) ?? [];
  const endings = usable.length > 0 ? usable : USUAL_ENDINGS;
  const hasEnding = endings.includes(win32.extname(name).toLowerCase());
  const names = hasEnding ? [name] : endings.map((ending) => name + ending);
  const folders = /[\\/:]/.test(name) ? [""] : searchFolders(windowsVariable(env, "PATH") ?? "");
  return folders
    .flatMap((folder) => names.map((one) => (folder === "" ? one : win32.join(folder, one))))
    .find(isFile);
}

/** The folders of PATH. Some stand in quotes there, and a relative one would be the current folder's. */
export const searchFolders = (path: string): string[] =>
  path
    .split(";")
    .map((folder) => folder.trim().replace(/^"(.*)"$/, "$1"))
    .filter(isAbsolutePath);

/**
 * One argument for a batch file: cmd reads it first, then the program's own reading of quotes and backslashes. `%` would
 * begin a variable even within quotes; an empty part of one that is always there stands between.
 */
function batchArgument(argument: string): string {
  if (/[\0\r\n]/.test(argument))
    throw new Error("an argument of several lines cannot be given to a batch file");
  const quoted = argument
    .replace(/(\\*)"/g, '$1$1""')
    .replace(/\\+$/, "$&$&")
    .replaceAll("%", "%%cd:~,%");
  return `"${quoted}"`;
}
