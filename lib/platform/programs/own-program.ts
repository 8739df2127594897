// Programs: this one, who started it, and those that it starts or looks for.
import { existsSync, realpathSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { isEmbedded } from "../hidden-arguments.ts";
import { searchFolders } from "../windows/programs.ts";

/** How this program is started again, by somebody else and later. */
export interface OwnProgram {
  command: string;
  /** Before our own arguments: of a runtime that runs the source. */
  args: string[];
  /** The executable, or its source under a runtime. */
  kind: "executable" | "source";
}

interface Process {
  argv0: string;
  argv: readonly string[];
  execPath: string;
}

/**
 * Where this program lies, by the path that stays when it is upgraded: links are kept, since package managers put a
 * link on PATH and change what it points to.
 *
 * @param path the variable PATH
 */
export function ownProgram(path: string, started: Process = process, cwd = process.cwd()): OwnProgram {
  const [, script = ""] = started.argv;
  if (!isEmbedded(script)) return fromSource(started, script, cwd);
  const own = real(started.execPath);
  const isSame = (file: string) => own !== undefined && real(file) === own;
  const isWindows = process.platform === "win32";
  const folders = isWindows ? searchFolders(path) : path.split(":").filter(isAbsolute);
  const onPath = folders.map((folder) => join(folder, isWindows ? "m2mcp.exe" : "m2mcp")).find(isSame);
  if (onPath) return { command: onPath, args: [], kind: "executable" };
  // What was typed may be a link of another name.
  const typed = /[\\/]/.test(started.argv0) ? resolve(cwd, started.argv0) : undefined;
  const command = typed && isSame(typed) ? typed : started.execPath;
  return { command, args: [], kind: "executable" };
}

function fromSource({ execPath }: Process, script: string, cwd: string): OwnProgram {
  const source = resolve(cwd, script);
  const isDeno = "Deno" in globalThis;
  return { command: execPath, args: isDeno ? ["run", "-A", source] : [source], kind: "source" };
}

function real(file: string): string | undefined {
  try {
    // The system's own way: on Windows it has the capitals of the disk, whatever those of PATH are.
    return existsSync(file) ? realpathSync.native(file) : undefined;
  } catch {
    return undefined;
  }
}
