// Large libraries that few runs need lie compressed within the executable, as text: with their bytecode they would take
// ten times as much. The first use of one takes some ms more.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { packed } from "./embedded.ts";
import { withoutOwnPaths } from "./own-paths.ts";

/** Each as it is imported; those that share what they hold lie in one file. */
const LIBRARIES: Record<string, readonly string[]> = {
  /** SPIFFE's workload API, and OTLP. */
  grpc: ["@grpc/grpc-js", "@bufbuild/protobuf/wire"],
  /** Hosts' files: what would change in them, and what goes into a bundle. */
  desktop: ["diff", "fflate"],
  yaml: ["yaml"],
  toml: ["toml-eslint-parser"],
  /** Requests as AWS wants them signed. */
  aws: ["aws4fetch"],
  /** Cookies of a server. */
  cookies: ["tough-cookie"],
  /** Patterns in a tool's schema. */
  re2: ["re2js"],
  jq: ["jq-wasm"],
  /** Texts of a server at a terminal. */
  markdown: ["marked"],
  /** The cache that many processes share. */
  valkey: ["iovalkey"],
  telemetry: [
    ...["api", "core", "resources", "sdk-metrics", "sdk-trace", "exporter-prometheus"],
    ...["exporter-trace-otlp-http", "exporter-trace-otlp-proto"],
    ...["exporter-metrics-otlp-http", "exporter-metrics-otlp-proto"],
    ...["otlp-exporter-base", "otlp-transformer"],
  ].map((name) => `@opentelemetry/${name}`),
};

/**
 * Bundles them into files below `build/embedded` of `root`, and puts what runs them there in their places.
 *
 * @throws AggregateError where one cannot be bundled, Error where one names a folder of this machine
 */
export async function packedLibraries(root: string): Promise<BunPlugin> {
  const files = new Map<string, string>();
  for (const [group, names] of Object.entries(LIBRARIES)) {
    const file = packed(root, group, await bundled(root, names));
    for (const name of names) files.set(name, file);
  }
  const runner = join(root, "lib", "platform", "runtime", "evaluated.ts");
  const filter = new RegExp(`^(${[...files.keys()].join("|")})$`);
  return {
    name: "packed libraries",
    setup(build) {
      build.onResolve({ filter }, ({ path }) => ({ path, namespace: "packed" }));
      build.onLoad({ filter: /./, namespace: "packed" }, ({ path }) => ({
        loader: "js",
        contents: [
          `const { evaluated } = require(${JSON.stringify(runner)});`,
          `module.exports = evaluated(require(${JSON.stringify(files.get(path))}))[${JSON.stringify(path)}];`,
        ].join("\n"),
      }));
    },
  };
}

/** The runtime's module reads all members of `process`: its streams are opened by that, and so changed for all who share them. */
const globalProcess: BunPlugin = {
  name: "global process",
  setup(build) {
    build.onResolve({ filter: /^(node:)?process$/ }, ({ path }) => ({ path, namespace: "global-process" }));
    build.onLoad({ filter: /./, namespace: "global-process" }, () => ({
      loader: "js",
      contents: "export const { arch, env, pid, platform } = globalThis.process;",
    }));
  },
};

/** A module that has each library by its name, and runs it when it is asked for. */
async function bundled(root: string, names: readonly string[]): Promise<Uint8Array> {
  const folder = join(root, "build", "embedded");
  mkdirSync(folder, { recursive: true });
  const entry = join(folder, "library.js");
  const members = names.map((name) => `get "${name}"() { return require("${name}"); }`);
  writeFileSync(entry, `module.exports = { ${members.join(", ")} };`);
  const { outputs } = await Bun.build({
    entrypoints: [entry],
    format: "cjs",
    target: "node",
    minify: true,
    plugins: [withoutOwnPaths, globalProcess],
  });
  const text = (await outputs[0]?.text()) ?? "";
  // Compressed, no test would see it in the executable.
  if (text.includes(root)) throw new Error(`${names[0]} names the folder that it is built in`);
  return Buffer.from(text);
}
