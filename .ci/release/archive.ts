import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { strToU8, type Zippable, zipSync } from "fflate";
import { executableName } from "../targets.ts";
import type { Documents } from "./documents.ts";
import { type Built, type Release, run, titleOf, zipTime } from "./release.ts";

/** Options of GNU tar that leave nothing of this machine or moment in an archive. */
export const tarOptions = ({ timeS }: Release) => [
  "--format=gnu",
  "--sort=name",
  `--mtime=@${timeS}`,
  "--owner=0",
  "--group=0",
  "--numeric-owner",
  "--mode=u=rwX,go=rX",
];

/**
 * One platform's archive, to be unpacked and used: `.zip` for Windows, `.tar.xz` for all others.
 *
 * @returns its name
 */
export function archive(release: Release, built: Built, documents: Documents): string {
  const title = titleOf(release, built.target);
  if (built.target.os === "win32") {
    writeFileSync(join(release.out, `${title}.zip`), zipped(release, built, title, documents));
    return `${title}.zip`;
  }
  const folder = join(release.out, ".stage", title);
  for (const [name, text] of Object.entries(documents)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  cpSync(built.file, join(folder, executableName(built.target)));
  const level = release.quick ? "--lzma2=preset=0,dict=4KiB,mf=hc3,mode=fast,nice=2" : "-6";
  // Of two threads the blocks are the same on any machine, whatever its processors are.
  run(
    "tar",
    [...tarOptions(release), "-I", `xz ${level} -T2`, "-cf", join(release.out, `${title}.tar.xz`), title],
    join(release.out, ".stage"),
  );
  rmSync(folder, { recursive: true });
  return `${title}.tar.xz`;
}

function zipped(release: Release, built: Built, title: string, documents: Documents): Uint8Array {
  const mtime = zipTime(release);
  const files: Zippable = {};
  for (const [name, text] of Object.entries(documents))
    files[`${title}/${name}`] = [strToU8(text.replaceAll("\n", "\r\n")), { level: 6, mtime }];
  files[`${title}/${basename(built.file)}`] = [
    readFileSync(built.file),
    { level: release.quick ? 0 : 9, mtime },
  ];
  return zipSync(files);
}
