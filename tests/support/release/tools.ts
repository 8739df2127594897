// Package managers, and a runtime that can become another program, from the registry of this machine.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "./once.ts";

const PACKAGES = { pnpm: "10.34.8", yarn: "1.22.22" };
/** The first releases of Node without and with `process.execve`. */
const NODE = { before: "22.14.0", since: "22.15.0" };

/** Files that start them with any Node. */
export interface PackageManagers {
  pnpm: string;
  yarn: string;
}

/** Executables of Node without and with `process.execve`. */
export interface Runtimes {
  before: string;
  since: string;
}

/** @returns null where the registry cannot be reached */
export async function packageManagers(): Promise<PackageManagers | null> {
  const modules = await installed("managers", PACKAGES);
  return modules === null
    ? null
    : { pnpm: join(modules, "pnpm", "bin", "pnpm.cjs"), yarn: join(modules, "yarn", "bin", "yarn.js") };
}

/** @returns null where the registry cannot be reached, or has none for this machine */
export async function runtimes(): Promise<Runtimes | null> {
  const name = `node-${process.platform}-${process.arch}`;
  const modules = await installed("runtimes", {
    before: `npm:${name}@${NODE.before}`,
    since: `npm:${name}@${NODE.since}`,
  });
  return modules === null
    ? null
    : { before: join(modules, "before", "bin", "node"), since: join(modules, "since", "bin", "node") };
}

/** @returns the folder that they are in */
async function installed(name: string, dependencies: Record<string, string>): Promise<string | null> {
  try {
    const folder = await once(name, Bun.hash(JSON.stringify(dependencies)).toString(16), (into) => {
      writeFileSync(join(into, "package.json"), JSON.stringify({ private: true, dependencies }));
      const { status, stderr } = spawnSync(process.execPath, ["install", "--ignore-scripts"], {
        cwd: into,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(stderr);
    });
    return join(folder, "node_modules");
  } catch {
    return null;
  }
}
