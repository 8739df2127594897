import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BuildError } from "../compile.ts";
import { TARGETS } from "../targets.ts";
import { type Built, type Release, titleOf } from "./release.ts";
import { sha256 } from "./sums.ts";

/** Where a release's files are had from. */
const RELEASES = "https://github.com/m2mcp/m2mcp/releases/download";

/**
 * Files that package managers read, out of .ci/release/templates: `{{version}}`, `{{date}}`, `{{url:TARGET}}` and
 * `{{sha256:TARGET}}` of the archives. One that names a platform that was not built is left out.
 *
 * @returns the names of those that were left out
 * @throws BuildError when a template names what there is not
 */
export function forPackageManagers(release: Release, built: readonly Built[]): string[] {
  const templates = join(import.meta.dir, "templates");
  const missing: string[] = [];
  for (const entry of readdirSync(templates, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name).slice(templates.length + 1);
    const text = filled(readFileSync(join(templates, path), "utf8"), release, built);
    if (text === undefined) {
      missing.push(path);
      continue;
    }
    const file = join(release.out, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, path.endsWith(".ps1") ? text.replaceAll("\n", "\r\n") : text);
    if (path.endsWith(".sh")) chmodSync(file, 0o755);
  }
  return missing;
}

function filled(text: string, release: Release, built: readonly Built[]): string | undefined {
  let isWhole = true;
  const result = text.replace(/\{\{(\w+)(?::([\w-]+))?\}\}/g, (place, what: string, name = "") => {
    if (what === "version") return release.version;
    if (what === "date") return new Date(release.timeS * 1000).toISOString().slice(0, 10);
    const target = TARGETS.find((one) => one.name === name);
    if (!target || !["url", "sha256", "title"].includes(what))
      throw new BuildError(`a template names ${place}`);
    const title = titleOf(release, target);
    if (what === "title") return title;
    const archive = `${title}${target.os === "win32" ? ".zip" : ".tar.xz"}`;
    if (!built.some((one) => one.target === target) || !existsSync(join(release.out, archive)))
      isWhole = false;
    if (!isWhole) return "";
    return what === "url" ? `${RELEASES}/v${release.version}/${archive}` : sha256(join(release.out, archive));
  });
  return isWhole ? result : undefined;
}
