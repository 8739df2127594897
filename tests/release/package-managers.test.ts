// The files that package managers read, by what here can read them; what cannot be is said aloud.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { sha256 } from "../../.ci/release/sums.ts";
import { executableIn, sharedRelease, target, version } from "../support/release/quick-release.ts";

const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const work = mkdtempSync(join(tmpdir(), "m2mcp-managers-"));
let release = "";
beforeAll(async () => {
  release = await sharedRelease();
}, 600_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

for (const [program, reads] of [
  ["nix", "nix/flake.nix"],
  ["pwsh", "install.ps1"],
  ["ruby", "homebrew/m2mcp.rb"],
  ["shellcheck", "install.sh"],
  ["patchelf", "what the flake does to the executable"],
])
  if (!has(program ?? "")) console.log(`skipped: ${reads} is not read here, for that needs ${program}`);

const text = (path: string) => readFileSync(join(release, path), "utf8");
const said = (command: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: release, encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
};
const NOTHING = { status: 0, said: "" };

const FILES = [
  "aur/PKGBUILD",
  "homebrew/m2mcp.rb",
  "install.ps1",
  "install.sh",
  "nix/flake.nix",
  "oci/Dockerfile",
  "scoop/m2mcp.json",
  "winget/m2mcp.m2mcp.installer.yaml",
  "winget/m2mcp.m2mcp.locale.en-US.yaml",
  "winget/m2mcp.m2mcp.yaml",
];

test.each(FILES)("%s is filled, and each sum in it is that of its file", (path) => {
  expect(text(path)).toContain(version);
  expect(text(path)).not.toMatch(/\{\s*\{|undefined/);
  const sums = new Map(
    text("SHA256SUMS")
      .trim()
      .split("\n")
      .map((line) => [line.slice(0, 64), line.slice(66)] as const),
  );
  const named = [...text(path).matchAll(/m2mcp-[\d.]+-[a-z0-9-]+\.(?:tar\.xz|zip)/g)].map(([name]) => name);
  const found = [...text(path).matchAll(/\b[0-9a-f]{64}\b/gi)].map(([sum]) => sums.get(sum.toLowerCase()));
  if (path.startsWith("install")) return;
  for (const name of found) expect(named).toContain(name ?? "");
  if (named.length > 0 && !path.startsWith("scoop")) expect(new Set(found)).toEqual(new Set(named));
});

test("scoop's manifest is JSON, with both processors", () => {
  const { architecture, bin, license } = JSON.parse(text("scoop/m2mcp.json"));
  expect([bin, license, Object.keys(architecture)]).toEqual(["m2mcp.exe", "MIT", ["64bit", "arm64"]]);
  const archive = join(release, `m2mcp-${version}-windows-arm64.zip`);
  expect(architecture.arm64.hash).toBe(sha256(archive));
  expect(said("unzip", "-Z1", archive).said).toContain(`${architecture.arm64.extract_dir}/m2mcp.exe`);
});

test("winget's three files agree, and name the executable in its archive", () => {
  const [installer, locale, about] = ["installer.", "locale.en-US.", ""].map((part) =>
    parse(text(`winget/m2mcp.m2mcp.${part}yaml`)),
  );
  for (const one of [installer, locale, about])
    expect(one).toMatchObject({
      PackageIdentifier: "m2mcp.m2mcp",
      PackageVersion: version,
      ManifestVersion: "1.6.0",
    });
  expect(locale.ShortDescription.length).toBeLessThanOrEqual(256);
  for (const { Architecture, InstallerUrl, NestedInstallerFiles } of installer.Installers) {
    const title = `m2mcp-${version}-windows-${Architecture}`;
    expect([InstallerUrl.endsWith(`/${title}.zip`), NestedInstallerFiles[0].RelativeFilePath]).toEqual([
      true,
      `${title}\\m2mcp.exe`,
    ]);
  }
});

describe.skipIf(process.platform !== "linux")("on Linux", () => {
  test("PKGBUILD is read, and its package has program, manual, completions and notices", () => {
    expect(said("bash", "-n", "aur/PKGBUILD")).toEqual(NOTHING);
    const archive = join(release, `m2mcp-${version}-${target.name}.tar.xz`);
    const folder = join(work, "aur");
    mkdirSync(folder);
    expect(said("tar", "-xJf", archive, "-C", folder)).toEqual(NOTHING);
    const script = `set -eu; source "$1"; cd "$2"; pkgdir=$2/pkg CARCH=$3; package`;
    const cpu = target.cpu === "x64" ? "x86_64" : "aarch64";
    expect(said("bash", "-c", script, "-", join(release, "aur", "PKGBUILD"), folder, cpu)).toEqual(NOTHING);
    const made = readdirSync(join(folder, "pkg"), { recursive: true, encoding: "utf8" });
    expect(made).toEqual(
      expect.arrayContaining([
        "usr/bin/m2mcp",
        "usr/share/man/man1/m2mcp.1",
        "usr/share/licenses/m2mcp-bin/THIRD-PARTY.md",
        "usr/share/zsh/site-functions/_m2mcp",
      ]),
    );
    expect(said(join(folder, "pkg", "usr", "bin", "m2mcp"), "--version").said).toBe(`m2mcp ${version}\n`);
  });

  test.skipIf(!has("ruby"))("Homebrew's formula is Ruby", () => {
    expect(said("ruby", "-c", "homebrew/m2mcp.rb")).toEqual({ status: 0, said: "Syntax OK\n" });
  });

  test.skipIf(!has("shellcheck"))("install.sh has nothing that shellcheck minds", () => {
    expect(said("shellcheck", "install.sh")).toEqual(NOTHING);
  });

  test.skipIf(!has("patchelf"))(
    "the executable runs on with another loader, as the flake gives it one",
    () => {
      const loader = /interpreter: (\S+?)\]/.exec(
        said("readelf", "-l", executableIn(release, target.name)).said,
      )?.[1];
      // As long as a path of the store.
      const folder = join(work, "store", "b".repeat(32 + "-glibc-2.40-66".length), "lib");
      mkdirSync(folder, { recursive: true });
      copyFileSync(loader ?? "", join(folder, "loader"));
      copyFileSync(executableIn(release, target.name), join(work, "m2mcp"));
      expect(said("patchelf", "--set-interpreter", join(folder, "loader"), join(work, "m2mcp"))).toEqual(
        NOTHING,
      );
      expect(said(join(work, "m2mcp"), "--version")).toEqual({ status: 0, said: `m2mcp ${version}\n` });
      expect(text("nix/flake.nix")).not.toContain("autoPatchelfHook ");
      expect(existsSync(join(release, "nix", "flake.nix"))).toBe(true);
    },
  );
});

test("install.ps1 has the line ends of Windows, and names no other version", () => {
  expect(
    text("install.ps1")
      .split("\n")
      .slice(0, -1)
      .every((line) => line.endsWith("\r")),
  ).toBe(true);
});
