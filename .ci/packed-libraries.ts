// Large libraries that few runs need lie compressed within the executable, as text: with their bytecode they would take
// ten times as much. The first use of one takes some ms more.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { packed } from "./embedded.ts";
import { withoutOwnPaths } from "./own-paths.ts";

/** SPIFFE's workload API, hosts' files in YAML and TOML, cookies of a server, patterns in a tool's schema. */
const LIBRARIES = ["@grpc/grpc-js", "yaml", "toml-eslint-parser", "tough-cookie", "re2js"];

/**
 * Bundles each into a file of its own below `build/embedded` of `root`, and puts what runs it there in its place.
 *
 * @throws AggregateError where one cannot be bundled, Error where one names a folder of this machine
 */
export async function packedLibraries(root: string): Promise<BunPlugin> {
  const files = new Map<string, string>();
  for (const name of LIBRARIES)
    files.set(name, packed(root, name.replace("/", "+"), await bundled(root, name)));
  const runner = join(root, "lib", "platform", "runtime", "evaluated.ts");
  const filter = new RegExp(`^(${LIBRARIES.join("|")})$`);
  return {
    name: "packed libraries",
    setup(build) {
      build.onResolve({ filter }, ({ path }) => ({ path, namespace: "packed" }));
      build.onLoad({ filter: /./, namespace: "packed" }, ({ path }) => ({
        loader: "js",
        contents: [
          `const { evaluated } = require(${JSON.stringify(runner)});`,
          `module.exports = evaluated(require(${JSON.stringify(files.get(path))}));`,
        ].join("\n"),
      }));
    },
  };
}

async function bundled(root: string, name: string): Promise<Uint8Array> {
  const folder = join(root, "build", "embedded");
  mkdirSync(folder, { recursive: true });
  const entry = join(folder, "library.js");
  writeFileSync(entry, `module.exports = require(${JSON.stringify(name)});`);
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    format: "cjs",
    target: "node",
    minify: true,
    plugins: [withoutOwnPaths],
  });
  const text = (await outputs[0]?.text()) ?? "";
  // Compressed, no test would see it in the executable.
  if (text.includes(root)) throw new Error(`${name} names the folder that it is built in`);
  return Buffer.from(text);
}
