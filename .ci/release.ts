// `bun run release [--only TARGET] [--quick] [--out FOLDER]`: all that a release page needs, into release/. Each platform
// is built in a folder of its own, which holds the packages of that platform alone; the network is needed for what the
// package cache lacks.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../package.json" with { type: "json" };
import { BuildError } from "./compile.ts";
import { checkMachO } from "./mach-o.ts";
import { archive } from "./release/archive.ts";
import { build } from "./release/built.ts";
import { bundleForDesktops } from "./release/bundle.ts";
import { debPackage } from "./release/deb.ts";
import { documents } from "./release/documents.ts";
import { npmPackages } from "./release/npm.ts";
import { forPackageManagers } from "./release/package-managers.ts";
import type { Built, Release } from "./release/release.ts";
import { billOfMaterials } from "./release/sbom.ts";
import { writeSums } from "./release/sums.ts";
import { commitOf, sourceTime } from "./source.ts";
import { TARGETS, targetNamed } from "./targets.ts";

const root = join(import.meta.dir, "..");

try {
  const { only, quick, out } = options();
  const chosen = only === undefined ? undefined : targetNamed(only);
  if (only !== undefined && !chosen)
    throw new BuildError(
      `--only ${only} names no platform`,
      `there are ${TARGETS.map(({ name }) => name).join(", ")}`,
    );
  const release: Release = {
    root,
    out: resolve(out ?? join(root, "release")),
    version: manifest.version,
    commit: commitOf(root),
    timeS: sourceTime(root),
    quick,
  };
  rmSync(release.out, { recursive: true, force: true });
  mkdirSync(release.out, { recursive: true });
  const told = (step: string) =>
    console.log(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${step}`);
  const built: Built[] = [];
  for (const target of chosen ? [chosen] : TARGETS) {
    const one = build(release, target);
    built.push(one);
    told(
      `${target.name}: ${(one.bytes / 1e6).toFixed(1)} MB, with the keyring add-on of ${target.addon}${signature(one)}`,
    );
  }
  told(billOfMaterials(release, built));
  const texts = built.map((one) => documents(release, one));
  for (const [index, one] of built.entries()) {
    const beside = texts[index] ?? {};
    told(archive(release, one, beside));
    if (one.target.libc === "glibc") told(debPackage(release, one, beside));
  }
  for (const file of npmPackages(release, built, texts)) told(file);
  told(bundleForDesktops(release, built, texts));
  for (const file of forPackageManagers(release, built))
    told(`${file} is left out: it needs other platforms too`);
  rmSync(join(release.out, ".stage"), { recursive: true });
  told(`SHA256SUMS of ${writeSums(release.out)} files`);
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(`error: ${error.message}`);
  if (error.hint) console.error(`hint: ${error.hint}`);
  process.exit(1);
}

/** What is wrong with a signature is found here, not on somebody's Mac. */
function signature({ target, file }: Built): string {
  if (target.os !== "darwin") return "";
  const { pages, wrong } = checkMachO(readFileSync(file));
  if (wrong > 0)
    throw new BuildError(`the signature of ${target.name} is wrong in ${wrong} of ${pages} pages`);
  return `, signed in ${pages} pages`;
}

function options(): { only?: string | undefined; quick: boolean; out?: string | undefined } {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        quick: { type: "boolean", default: false },
        out: { type: "string" },
      },
    });
    return values;
  } catch (error) {
    const [message] = String(error instanceof Error ? error.message : error).split("\n");
    throw new BuildError(`${message}`, "bun run release [--only TARGET] [--quick] [--out FOLDER]");
  }
}
