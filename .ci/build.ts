// Builds the executable for this machine, or with --target <os>-<arch>[-musl] for another one, into build/ or what
// --outfile names. For another one its keyring add-on must be there too: bun install --os '*' --cpu '*' --libc '*'.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { manPage } from "../lib/command-line/help/man-page.ts";
import { BuildError, compile } from "./compile.ts";
import { commitOf } from "./source.ts";
import { executableName, ownTarget, TARGETS, targetNamed } from "./targets.ts";

const root = join(import.meta.dir, "..");

try {
  const { values } = parseArgs({ options: { target: { type: "string" }, outfile: { type: "string" } } });
  const named = values.target !== undefined;
  const target = named ? targetNamed(values.target ?? "") : ownTarget();
  if (!target)
    throw new BuildError(
      named ? "--target names no platform" : "this machine is of no platform that there is a build for",
      `there are ${TARGETS.map(({ name }) => name).join(", ")}`,
    );
  const folder = join(root, "build", ...(named ? [target.name] : []));
  const outfile = values.outfile ?? join(folder, executableName(target));
  const crossed = target !== ownTarget();
  const bytes = await compile({ root, target, crossed, outfile, commit: commitOf(root) });
  writeFileSync(join(root, "build", "m2mcp.1"), manPage());
  const size = `${Math.round(bytes / 1024 / 1024)} MB`;
  console.log(`${outfile} (${size}, with the keyring add-on of ${target.addon})`);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`error: ${error.message}`);
  if (error.hint) console.error(`hint: ${error.hint}`);
  process.exit(1);
}
