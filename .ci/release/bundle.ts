import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { strToU8, type ZipOptions, type Zippable, zipSync } from "fflate";
import { manifestOf } from "../../lib/desktop/bundle.ts";
import { executableName } from "../targets.ts";
import type { Documents } from "./documents.ts";
import { type Built, type Release, zipTime } from "./release.ts";

/** What desktop apps run on; the format knows no processor, so a script chooses on the others. Windows emulates x64. */
const IN_BUNDLE = ["darwin-arm64", "darwin-x64", "linux-x64", "linux-arm64", "windows-x64"];

const LAUNCHER = `#!/bin/sh
# Starts the executable of this machine's system and processor.
case "$(uname -s)-$(uname -m)" in
Darwin-arm64) target=darwin-arm64 ;;
Darwin-*) target=darwin-x64 ;;
*-aarch64 | *-arm64) target=linux-arm64 ;;
*) target=linux-x64 ;;
esac
exec "$(dirname "$0")/m2mcp-$target" "$@"
`;

/**
 * The bundle for desktop apps, of all platforms that were built: it asks for server, client id and secret.
 *
 * @returns its name
 */
export function bundleForDesktops(
  release: Release,
  built: readonly Built[],
  documents: readonly Documents[],
): string {
  const chosen = built.filter(({ target }) => IN_BUNDLE.includes(target.name));
  const platforms = [...new Set(chosen.map(({ target }) => target.os))].sort();
  const manifest = {
    ...manifestOf({ kind: "any" }, release.version, platforms[0] ?? "darwin"),
    compatibility: { platforms },
  };
  const file = (mode: number, level: ZipOptions["level"] = 6): ZipOptions => ({
    level,
    mtime: zipTime(release),
    os: 3,
    attrs: ((0o100_000 | mode) << 16) >>> 0,
  });
  const entries: Zippable = {
    "manifest.json": [strToU8(`${JSON.stringify(manifest, null, 2)}\n`), file(0o644)],
  };
  entries.LICENSE = [strToU8(documents[0]?.LICENSE ?? ""), file(0o644)];
  for (const [index, { target }] of built.entries())
    if (chosen.some((one) => one.target === target))
      entries[`THIRD-PARTY-${target.name}.md`] = [
        strToU8(documents[index]?.["THIRD-PARTY.md"] ?? ""),
        file(0o644),
      ];
  if (platforms.some((platform) => platform !== "win32"))
    entries["server/m2mcp"] = [strToU8(LAUNCHER), file(0o755)];
  for (const { target, file: path } of chosen) {
    const name = target.os === "win32" ? executableName(target) : `m2mcp-${target.name}`;
    entries[`server/${name}`] = [readFileSync(path), file(0o755, release.quick ? 0 : 9)];
  }
  const name = `m2mcp-${release.version}.mcpb`;
  writeFileSync(join(release.out, name), zipSync(entries));
  return name;
}
