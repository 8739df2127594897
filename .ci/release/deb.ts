import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { COMPLETIONS, type Documents } from "./documents.ts";
import { type Built, type Release, run, titleOf } from "./release.ts";

const MAINTAINER = "m2mcp contributors <m2mcp@users.noreply.github.com>";
const SUMMARY = "use a protected remote MCP server with no human present";

/** What lintian says of the runtime, which nobody can change here. */
const OVERRIDES = [
  "embedded-library",
  "unstripped-binary-or-object",
  "hardening-no-pie",
  "hardening-no-relro",
];

/**
 * The package for Debian and what comes of it, by `dpkg-deb`.
 *
 * @returns its name
 */
export function debPackage(release: Release, built: Built, documents: Documents): string {
  const architecture = built.target.cpu === "x64" ? "amd64" : "arm64";
  const folder = join(release.out, ".stage", `${titleOf(release, built.target)}.deb`);
  const files = { ...contentsOf(release, documents), "usr/bin/m2mcp": readFileSync(built.file) };
  for (const [path, content] of Object.entries(files))
    write(join(folder, path), content, path.startsWith("usr/bin/"));
  const sums = Object.entries(files).map(
    ([path, content]) => `${createHash("md5").update(content).digest("hex")}  ${path}\n`,
  );
  write(join(folder, "DEBIAN", "md5sums"), sums.sort().join(""));
  const kilobytes = Object.values(files).reduce((sum, content) => sum + Math.ceil(content.length / 1024), 0);
  write(join(folder, "DEBIAN", "control"), controlOf(release, architecture, kilobytes));
  run("find", [folder, "-exec", "touch", "-h", "-d", `@${release.timeS}`, "{}", "+"], release.out);
  const name = `m2mcp_${release.version}_${architecture}.deb`;
  // zstd would be smaller, but older dpkg cannot read it.
  const level = release.quick ? ["-Zgzip", "-z1"] : ["-Zxz", "--threads-max=2"];
  run("dpkg-deb", ["--root-owner-group", ...level, "--build", folder, join(release.out, name)], release.out, {
    SOURCE_DATE_EPOCH: `${release.timeS}`,
  });
  rmSync(folder, { recursive: true });
  return name;
}

function write(file: string, content: string | Buffer, isProgram = false): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, content);
  chmodSync(file, isProgram ? 0o755 : 0o644);
}

const controlOf = ({ version }: Release, architecture: string, kilobytes: number) => `Package: m2mcp
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.17), libgcc-s1
Suggests: gnome-keyring | kwalletmanager
Section: net
Priority: optional
Homepage: https://github.com/m2mcp/m2mcp
Description: ${SUMMARY}
 Performs the OAuth client credentials grant for servers of the Model Context
 Protocol, keeps credentials and tokens in the keyring or an encrypted file,
 bridges stdio to HTTP for hosts like Claude Desktop, and answers one-off
 commands for shells, scripts and CI.
`;

/** Every file but the executable: path → content. */
function contentsOf(release: Release, documents: Documents): Record<string, string | Buffer> {
  const doc = "usr/share/doc/m2mcp";
  const completions = COMPLETIONS.flatMap(({ file, place }) =>
    place === undefined ? [] : [[place, documents[file] ?? ""] as const],
  );
  return {
    [`${doc}/copyright`]: copyrightOf(documents),
    [`${doc}/changelog.gz`]: zipped(changelogOf(release)),
    [`${doc}/THIRD-PARTY.md.gz`]: zipped(documents["THIRD-PARTY.md"] ?? ""),
    "usr/share/man/man1/m2mcp.1.gz": zipped(documents["m2mcp.1"] ?? ""),
    "usr/share/lintian/overrides/m2mcp": OVERRIDES.map((tag) => `m2mcp: ${tag} *\n`).join(""),
    ...Object.fromEntries(completions),
  };
}

const zipped = (text: string) => gzipSync(text, { level: 9 });

const changelogOf = ({ version, timeS }: Release) => `m2mcp (${version}) unstable; urgency=medium

  * See https://github.com/m2mcp/m2mcp/blob/main/CHANGELOG.md

 -- ${MAINTAINER}  ${new Date(timeS * 1000).toUTCString().replace("GMT", "+0000")}
`;

const copyrightOf = (
  documents: Documents,
) => `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: m2mcp
Source: https://github.com/m2mcp/m2mcp
Comment: What the executable holds of others, with their licences, is in
 /usr/share/doc/m2mcp/THIRD-PARTY.md.gz

Files: *
Copyright: 2026 m2mcp contributors
License: Expat
${(documents.LICENSE ?? "")
  .slice((documents.LICENSE ?? "").indexOf("Permission is hereby"))
  .trimEnd()
  .split("\n")
  .map((line) => ` ${line || "."}`)
  .join("\n")}
`;
