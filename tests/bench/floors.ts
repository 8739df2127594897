// What nothing made with this runtime can go below: built in the same run and in the same way as the executable.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A bare executable, one that makes one request, one that opens a store before that, one that carries lines to HTTP and
 * answers to lines.
 */
export type Floor = "hello" | "fetch" | "store" | "relay";

export interface Floors {
  paths: Record<Floor, string>;
  remove(): void;
}

export function buildFloors(): Floors {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-floors-"));
  const build = (floor: Floor): string => {
    const outfile = join(folder, floor);
    const source = join(import.meta.dir, "floors", `${floor}.ts`);
    const { status, stderr } = spawnSync(process.execPath, [
      ...["build", "--compile", "--minify", "--bytecode", "--format=esm"],
      ...["--no-compile-autoload-dotenv", "--no-compile-autoload-bunfig", source, "--outfile", outfile],
    ]);
    if (status !== 0) throw new Error(`${floor}: ${stderr}`);
    return outfile;
  };
  return {
    paths: { hello: build("hello"), fetch: build("fetch"), store: build("store"), relay: build("relay") },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
