// What the checkout is: its commit and that one's time, which stand in what is built of it.
import { spawnSync } from "node:child_process";

/** @returns the commit's hash, with `-dirty` where files differ from it; `unknown` outside of a checkout */
export function commitOf(root: string): string {
  const given = process.env.SOURCE_COMMIT;
  if (given) return given;
  const commit = git(root, "rev-parse", "HEAD");
  if (!commit) return "unknown";
  return git(root, "status", "--porcelain", "--untracked-files=no") ? `${commit}-dirty` : commit;
}

/** @returns the time that files in archives get, in s since 1970: SOURCE_DATE_EPOCH, else the commit's */
export const sourceTime = (root: string): number =>
  Number(process.env.SOURCE_DATE_EPOCH ?? git(root, "log", "-1", "--format=%ct") ?? 0);

function git(root: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
