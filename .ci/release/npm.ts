import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { executableName, TARGETS, type Target } from "../targets.ts";
import { tarOptions } from "./archive.ts";
import type { Documents } from "./documents.ts";
import { type Built, type Release, run } from "./release.ts";

/** Its own package: `@m2mcp/linux-x64-musl`. */
const packageOf = ({ name }: Target) => `@m2mcp/${name}`;

/**
 * Packages for npm: a small one that people install, which starts the executable of an optional one for each platform.
 * None has an install script: package managers do not run them.
 *
 * @returns names of the tarballs, platforms first, as they are to be published
 */
export function npmPackages(
  release: Release,
  built: readonly Built[],
  documents: readonly Documents[],
): string[] {
  mkdirSync(join(release.out, "npm"), { recursive: true });
  return [
    ...built.map((one, index) => platformPackage(release, one, documents[index] ?? {})),
    mainPackage(release, documents[0] ?? {}),
  ];
}

function platformPackage(release: Release, { target, file }: Built, documents: Documents): string {
  const { os, cpu, libc } = target;
  const folder = folderOf(release, target.name);
  writeManifest(release, folder, {
    name: packageOf(target),
    description: `The executable of m2mcp for ${target.name}`,
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    preferUnplugged: true,
    files: ["bin", "THIRD-PARTY.md"],
  });
  writeFileSync(join(folder, "LICENSE"), documents.LICENSE ?? "");
  writeFileSync(join(folder, "THIRD-PARTY.md"), documents["THIRD-PARTY.md"] ?? "");
  mkdirSync(join(folder, "bin"));
  copyFileSync(file, join(folder, "bin", executableName(target)));
  chmodSync(join(folder, "bin", executableName(target)), 0o755);
  return packed(release, folder, `m2mcp-${target.name}-${release.version}.tgz`);
}

function mainPackage(release: Release, documents: Documents): string {
  const folder = folderOf(release, "main");
  const { description, license } = manifestOf(release);
  writeManifest(release, folder, {
    name: "m2mcp",
    description,
    license,
    bin: { m2mcp: "bin/m2mcp.cjs" },
    files: ["bin"],
    engines: { node: ">=18" },
    optionalDependencies: Object.fromEntries(TARGETS.map((target) => [packageOf(target), release.version])),
  });
  mkdirSync(join(folder, "bin"));
  cpSync(join(release.root, ".ci", "release", "shim.cjs"), join(folder, "bin", "m2mcp.cjs"));
  chmodSync(join(folder, "bin", "m2mcp.cjs"), 0o755);
  for (const name of ["LICENSE", "README.md", "CHANGELOG.md"])
    writeFileSync(join(folder, name), documents[name] ?? "");
  return packed(release, folder, `m2mcp-${release.version}.tgz`);
}

function folderOf({ out }: Release, name: string): string {
  const folder = join(out, ".stage", "npm", name, "package");
  mkdirSync(folder, { recursive: true });
  return folder;
}

const manifestOf = ({ root }: Release) =>
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;

function writeManifest(release: Release, folder: string, more: Record<string, unknown>): void {
  const { license, repository, homepage } = manifestOf(release);
  const manifest = { version: release.version, license, repository, homepage, ...more };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** As `npm pack` lays it out, with times and owners that say nothing of this machine. */
function packed(release: Release, folder: string, name: string): string {
  const tar = join(folder, "..", "package.tar");
  run("tar", [...tarOptions(release), "-cf", tar, "package"], join(folder, ".."));
  writeFileSync(
    join(release.out, "npm", name),
    gzipSync(readFileSync(tar), { level: release.quick ? 0 : 9 }),
  );
  return `npm/${name}`;
}
