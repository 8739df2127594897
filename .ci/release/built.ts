import { cpSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { executableName, type Target } from "../targets.ts";
import { type Built, type Release, run } from "./release.ts";

/** All that the build reads. */
const SOURCE = ["cli.ts", "lib", "package.json", "bun.lock", "tsconfig.json", "bunfig.toml", ".ci"];

/**
 * Builds one platform's executable in a folder of its own: with the packages of that platform alone, no other keyring
 * add-on can get in. The file is called as it will be at its user's, since its name is part of the image.
 */
export function build(release: Release, target: Target): Built {
  const stage = join(release.out, ".stage", target.name);
  mkdirSync(stage, { recursive: true });
  for (const name of SOURCE) cpSync(join(release.root, name), join(stage, name), { recursive: true });
  const libc = target.libc ? ["--libc", target.libc] : [];
  run(
    process.execPath,
    [
      "install",
      "--production",
      "--frozen-lockfile",
      "--ignore-scripts",
      "--os",
      target.os,
      "--cpu",
      target.cpu,
      ...libc,
    ],
    stage,
  );
  const file = join(release.out, target.name, executableName(target));
  // As a program of its own that runs there: bytecode knows its source by its path from the current folder.
  run(process.execPath, [".ci/build.ts", "--target", target.name, "--outfile", file], stage, {
    SOURCE_COMMIT: release.commit,
  });
  return { target, file, bytes: statSync(file).size, stage };
}
