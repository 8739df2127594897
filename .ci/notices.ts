// The notices that must go with every copy of the executable: of each package in it with its licence, of the keyring's
// add-on with its own parts, and of the runtime.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { manifestIn, type Package, packagesOf } from "./packages.ts";

/**
 * @param root of the repository
 * @param addon name of the package that holds the target's keyring add-on
 * @throws Error naming a package that has no licence text
 */
export function thirdPartyNotices(root: string, addon: string): string {
  const own = manifestIn(root);
  const packages = [...packagesOf(root, [...Object.keys(own.dependencies ?? {}), addon])];
  const bun = own.devDependencies?.bun ?? "";
  const kept = (file: string) => readFileSync(join(root, ".ci", "notices", file), "utf8").trimEnd();
  return [
    "# Third-party notices",
    `${own.name} ${own.version} holds what follows. Its own licence is in LICENSE.`,
    ...packages.sort((a, b) => a.name.localeCompare(b.name)).map(sectionOf),
    // Itself, for it puts itself into the executable.
    `## Bun ${bun} (commit ${Bun.revision})\n\n${kept("bun.md")}`,
    ...["LGPL-2", "LGPL-2.1", "Apache-2.0"].map((name) => `## Text of ${name}\n\n${kept(`${name}.txt`)}`),
  ].join("\n\n");
}

function sectionOf({ name, version, license, repository, homepage, folder }: Package): string {
  const own = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .map((file) => join(folder, file));
  // Of packages that are published without one: the text of their repository.
  const kept = join(import.meta.dirname, "notices", `${name.replace("/", "+")}.md`);
  const files = own.length === 0 && existsSync(kept) ? [kept] : own;
  const texts = files.map((file) => readFileSync(file, "utf8").trim());
  if (texts.length === 0 || !existsSync(folder))
    throw new Error(`${name} has no licence text: its notice cannot go with the executable`);
  const where = typeof repository === "string" ? repository : (repository?.url ?? homepage ?? "");
  return `## ${name} ${version} (${license ?? "see below"})\n\n${where}\n\n${texts.join("\n\n")}`;
}
