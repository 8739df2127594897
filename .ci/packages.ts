// The packages that the executable is made of, as they lie in node_modules.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Manifest {
  name: string;
  version: string;
  license?: string;
  repository?: string | { url?: string };
  homepage?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

export interface Package extends Manifest {
  folder: string;
}

/** These packages and all that they need, each once. */
export function* packagesOf(
  root: string,
  names: readonly string[],
  seen = new Set<string>(),
): Generator<Package> {
  for (const name of names) {
    if (seen.has(name)) continue;
    seen.add(name);
    const folder = join(root, "node_modules", name);
    const manifest = manifestIn(folder);
    yield { ...manifest, folder };
    yield* packagesOf(root, Object.keys(manifest.dependencies ?? {}), seen);
  }
}

export const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
