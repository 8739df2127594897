// Releases made as they are made for a release page, but for their compression.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { executableName, ownTarget, TARGETS, type Target } from "../../../.ci/targets.ts";
import manifest from "../../../package.json" with { type: "json" };
import { collect, ROOT } from "../home.ts";
import { once } from "./once.ts";

export const { version } = manifest;
/** This machine's platform. */
export const target: Target = ownTarget() ?? { name: "none", os: "linux", cpu: "x64", addon: "none" };

/** All that goes into a release. */
const SOURCES = ["cli.ts", "lib", ".ci", "package.json", "bun.lock", "README.md", "CHANGELOG.md", "LICENSE"];

/** What stands for the commit in releases of tests. */
export const COMMIT = "a".repeat(40);

/** @returns the folder of a release of all platforms, which all test files share: nothing in it may be changed */
export const sharedRelease = (): Promise<string> =>
  once("release", digestOf(SOURCES.map((name) => join(ROOT, name))), (folder) => makeRelease(folder));

/** @returns the folder of a release of one platform alone; nothing in it may be changed */
export const releaseOf = (only: string): Promise<string> =>
  once(only, digestOf(SOURCES.map((name) => join(ROOT, name))), (folder) => makeRelease(folder, { only }));

/** Path of a platform's executable in a release. */
export function executableIn(release: string, name: string): string {
  const found = TARGETS.find((one) => one.name === name);
  if (!found) throw new Error(`there is no target ${name}`);
  return join(release, name, executableName(found));
}

interface Making {
  only?: string;
  /** What the command line begins with, such as a program that takes the network away. */
  under?: string[];
  /** Another checkout. */
  root?: string;
}

/** @returns what it printed */
export async function makeRelease(
  out: string,
  { only, under = [], root = ROOT }: Making = {},
): Promise<string> {
  const [program = process.execPath, ...args] = [
    ...under,
    process.execPath,
    join(root, ".ci", "release.ts"),
    "--quick",
    "--out",
    out,
    ...(only ? ["--only", only] : []),
  ];
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, SOURCE_COMMIT: COMMIT, SOURCE_DATE_EPOCH: "1790000000" },
  });
  const { code, stdout, stderr } = await collect(child);
  if (code !== 0) throw new Error(`${stdout}\n${stderr}`);
  return stdout;
}

function digestOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  const add = (path: string) => {
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(`${path}\0`).update(readFileSync(path));
  };
  for (const path of paths) add(path);
  return hash.digest("hex").slice(0, 16);
}
