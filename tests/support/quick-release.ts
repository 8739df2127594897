// A release of this machine's platform alone, made as it is made for a release page.
import { spawnSync } from "node:child_process";
import { ownTarget } from "../../.ci/targets.ts";
import { ROOT } from "./home.ts";

export const target = ownTarget() ?? { name: "none", os: "linux", cpu: "x64", addon: "none" };

/** @returns what it printed */
export function makeRelease(out: string, name = target.name, command: string[] = []): string {
  const [program = process.execPath, ...args] = [...command, process.execPath];
  const { status, stdout, stderr } = spawnSync(
    program,
    [...args, ".ci/release.ts", "--only", name, "--quick", "--out", out],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, SOURCE_COMMIT: "a".repeat(40), SOURCE_DATE_EPOCH: "1790000000" },
    },
  );
  if (status !== 0) throw new Error(`${stdout}\n${stderr}`);
  return stdout;
}
