import { spawnSync } from "node:child_process";
import { BuildError } from "../compile.ts";
import type { Target } from "../targets.ts";

/** What all steps of one release share. */
export interface Release {
  /** The checkout. */
  root: string;
  /** Where everything goes. */
  out: string;
  version: string;
  commit: string;
  /** The time of all files in archives, in s since 1970. */
  timeS: number;
  /** Little or no compression: for trying out, and for tests. */
  quick: boolean;
}

/** One platform's executable. */
export interface Built {
  target: Target;
  /** Path of the executable. */
  file: string;
  bytes: number;
  /** The folder that it was built in, with its packages. */
  stage: string;
}

/** `m2mcp-VERSION-TARGET`, of archives and the folder in them. */
export const titleOf = ({ version }: Release, { name }: Target) => `m2mcp-${version}-${name}`;

/** A zip tells what stands on the clock: that of UTC, wherever it is made. */
export function zipTime({ timeS }: Release): Date {
  const utc = new Date(timeS * 1000);
  return new Date(utc.getTime() + utc.getTimezoneOffset() * 60_000);
}

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to stdout
 * @throws BuildError when it fails or is not there
 */
export function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, LC_ALL: "C", TZ: "UTC", ...env },
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error) throw new BuildError(`${command} cannot be run: ${error.message}`);
  if (status !== 0)
    throw new BuildError(`${command} ${args[0] ?? ""} failed: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}
