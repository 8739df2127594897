// A registry on loopback that has a release's packages, and nothing else.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

export interface Registry {
  url: string;
  /** Names of the tarballs that were fetched since `forget`. */
  fetched: string[];
  forget(): void;
  stop(): void;
}

/** A package's manifest, as it stands in its tarball. */
export interface Packed {
  name: string;
  version: string;
  scripts?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  private?: boolean;
}

/** @param folder of tarballs */
export function packedIn(folder: string): Map<string, Packed> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  return new Map(
    files.map((file) => {
      const { stdout } = spawnSync("tar", ["-xOzf", join(folder, file), "package/package.json"], {
        encoding: "utf8",
      });
      return [file, JSON.parse(stdout) as Packed];
    }),
  );
}

/** @param without names of packages that it does not have */
export function startRegistry(folder: string, without: (name: string) => boolean = () => false): Registry {
  const packed = packedIn(folder);
  const fetched: string[] = [];
  const documents = new Map<string, unknown>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch({ url }) {
      const path = decodeURIComponent(new URL(url).pathname).slice(1);
      if (path.endsWith(".tgz")) {
        fetched.push(basename(path));
        return new Response(Bun.file(join(folder, basename(path))));
      }
      const found = [...packed].find(([, { name }]) => name === path && !without(name));
      if (!found) return Response.json({ error: "not found" }, { status: 404 });
      const [file, manifest] = found;
      if (!documents.has(path))
        documents.set(path, documentOf(join(folder, file), manifest, server.url.origin));
      return Response.json(documents.get(path));
    },
  });
  return {
    url: `${server.url.origin}/`,
    fetched,
    forget: () => void fetched.splice(0),
    stop: () => void server.stop(true),
  };
}

/** As registries answer for a package (github.com/npm/registry, package-metadata.md). */
function documentOf(file: string, manifest: Packed, origin: string): unknown {
  const bytes = readFileSync(file);
  const digest = (kind: string, form: "hex" | "base64") => createHash(kind).update(bytes).digest(form);
  const { name, version } = manifest;
  const dist = {
    tarball: `${origin}/${name}/-/${basename(file)}`,
    shasum: digest("sha1", "hex"),
    integrity: `sha512-${digest("sha512", "base64")}`,
  };
  return { name, "dist-tags": { latest: version }, versions: { [version]: { ...manifest, dist } } };
}
