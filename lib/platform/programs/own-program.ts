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

/**
 * Where this program lies, by the path that stays when it is upgraded: links are kept, since package managers put a
 * link on PATH and change what it points to.
 *
 * @param path the variable PATH
 */
export function ownProgram(path: string): OwnProgram {
  const { argv0, execPath } = process;
  const [, script = ""] = process.argv;
  if (!isEmbedded(script)) return fromSource(script);
  const own = real(execPath);
  const isSame = (file: string) => own !== undefined && real(file) === own;
  const isWindows = process.platform === "win32";
  const folders = isWindows ? searchFolders(path) : path.split(":").filter(isAbsolute);
  const onPath = folders.map((folder) => join(folder, isWindows ? "m2mcp.exe" : "m2mcp")).find(isSame);
  if (onPath) return { command: onPath, args: [], kind: "executable" };
  // What was typed may be a link of another name.
  const typed = /[\\/]/.test(argv0) ? resolve(argv0) : undefined;
  const command = typed && isSame(typed) ? typed : execPath;
  return { command, args: [], kind: "executable" };
}

function fromSource(script: string): OwnProgram {
  const source = resolve(script);
  const isDeno = "Deno" in globalThis;
  return { command: process.execPath, args: isDeno ? ["run", "-A", source] : [source], kind: "source" };
}

function real(file: string): string | undefined {
  try {
    // The system's own way: on Windows it has the capitals of the disk, whatever those of PATH are.
    return existsSync(file) ? realpathSync.native(file) : undefined;
  } catch {
    return undefined;
  }
}
