// The large files within the executable: compressed, since most of its runs need none of them.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { thirdPartyNotices } from "./notices.ts";
import type { Target } from "./targets.ts";

/** The best that does not take longer than the rest of the build. */
const LEVEL = 19;

/** Writes content compressed into `build/embedded` of `root`. @returns the file's path */
export function packed(root: string, name: string, content: Uint8Array): string {
  const folder = join(root, "build", "embedded");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.zst`);
  writeFileSync(file, Bun.zstdCompressSync(content, { level: LEVEL }));
  return file;
}

/** Where the keyring's add-on of a target is installed. */
export const addonFile = (root: string, { addon }: Target): string =>
  join(root, "node_modules", "@napi-rs", `keyring-${addon}`, `keyring.${addon}.node`);

/**
 * Writes the files for one target, and the notices as they are into `build`.
 *
 * @returns paths of the files, by their names in `lib/platform/runtime/embedded.ts`
 */
export function embeddedFiles(root: string, target: Target): Record<"addon" | "jq" | "notices", string> {
  const notices = `${thirdPartyNotices(root, `@napi-rs/keyring-${target.addon}`)}\n`;
  mkdirSync(join(root, "build"), { recursive: true });
  writeFileSync(join(root, "build", "THIRD-PARTY.md"), notices);
  const jq = join(root, "node_modules", "jq-wasm", "dist", "build", "jq.wasm");
  const addon = addonFile(root, target);
  return {
    // On Windows it is compared with the file that is kept there, at each use.
    addon: target.os === "win32" ? addon : packed(root, `keyring.${target.addon}`, readFileSync(addon)),
    jq: packed(root, "jq-wasm", readFileSync(jq)),
    notices: packed(root, "notices", Buffer.from(notices)),
  };
}

/**
 * Embeds these files, and no package's guess at run time of which add-on to load, from files of the machine and from a
 * variable that names any file.
 */
export const embedding = (files: Record<string, string>): BunPlugin => ({
  name: "embedded files",
  setup(build) {
    const names = Object.keys(files);
    const imports = names.map(
      (name) => `import ${name} from ${JSON.stringify(files[name])} with { type: "file" };`,
    );
    build.onLoad({ filter: /[\\/]runtime[\\/]embedded\.ts$/ }, () => ({
      loader: "js",
      contents: `${imports.join("\n")}\nexport const EMBEDDED = { ${names.join(", ")} };`,
    }));
    build.onResolve({ filter: /^@napi-rs\/keyring$/ }, ({ path }) => ({ path, namespace: "unused" }));
    build.onLoad({ filter: /./, namespace: "unused" }, () => ({ loader: "js", contents: "export {};" }));
  },
});
