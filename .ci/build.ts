// Builds the executable for this machine, or with --target <os>-<arch>[-musl] for another one. For another one its
// keyring add-on must be there too: bun install --os '*' --cpu '*' --libc '*'.
import { join } from "node:path";
import { BuildError, compile } from "./compile.ts";
import { commitOf } from "./source.ts";
import { executableName, ownTarget, TARGETS, targetNamed } from "./targets.ts";

const root = join(import.meta.dir, "..");

try {
  const index = process.argv.indexOf("--target");
  const crossed = index !== -1;
  const target = crossed ? targetNamed(process.argv[index + 1] ?? "") : ownTarget();
  if (!target)
    throw new BuildError(
      crossed ? "--target names no platform" : "this machine is of no platform that there is a build for",
      `there are ${TARGETS.map(({ name }) => name).join(", ")}`,
    );
  const outfile = join(root, "build", ...(crossed ? [target.name] : []), executableName(target));
  const bytes = await compile({ root, target, crossed, outfile, commit: commitOf(root) });
  const size = `${Math.round(bytes / 1024 / 1024)} MB`;
  console.log(`${outfile} (${size}, with the keyring add-on of ${target.addon})`);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`error: ${error.message}`);
  if (error.hint) console.error(`hint: ${error.hint}`);
  process.exit(1);
}
