// Builds the executable for this machine, or with --target bun-<os>-<arch>[-musl] for another one. For another one its
// keyring add-on must be there too: bun install --os '*' --cpu '*' --libc '*'.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import { manPage } from "../lib/command-line/help/man-page.ts";
import { thirdPartyNotices } from "./notices.ts";

const root = join(import.meta.dir, "..");
const crossed = process.argv.includes("--target");
const target = crossed ? (process.argv[process.argv.indexOf("--target") + 1] ?? "") : "";
if (crossed && !/^bun-(linux|darwin|windows)-(x64|arm64)(-[a-z]+)*$/.test(target))
  fail(
    "--target names no platform",
    "write it like --target bun-linux-arm64, bun-darwin-arm64 or bun-windows-x64",
  );

const [, os = process.platform, arch = process.arch] = /^bun-(\w+)-(\w+)/.exec(target) ?? [];
const platform = `${os.replace("windows", "win32")}-${arch}${abi()}`;
const suffix = crossed ? `-${target.replace(/^bun-/, "")}` : "";
const outfile = join(root, "build", `m2mcp${suffix}${platform.startsWith("win32") ? ".exe" : ""}`);
const addon = join(root, "node_modules", "@napi-rs", `keyring-${platform}`, `keyring.${platform}.node`);
// Without the add-on the keyring would silently be absent.
if (!existsSync(addon))
  fail(
    `the keyring add-on of ${platform} is not embedded, for it is not installed: nothing was built`,
    `bun install ${crossed ? "--os '*' --cpu '*' --libc '*' " : ""}brings @napi-rs/keyring-${platform}`,
  );

/**
 * Embeds the add-on of the target. The package would guess at run time which one to load, from files of the machine and
 * from a variable that names any file.
 */
const boundAddon: BunPlugin = {
  name: "bound add-on",
  setup(build) {
    build.onLoad({ filter: /[\\/]embedded-addon\.ts$/ }, () => ({
      loader: "js",
      contents: `import file from ${JSON.stringify(addon)} with { type: "file" }; export const embeddedAddon = file;`,
    }));
    build.onResolve({ filter: /^@napi-rs\/keyring$/ }, ({ path }) => ({ path, namespace: "unused" }));
    build.onLoad({ filter: /./, namespace: "unused" }, () => ({ loader: "js", contents: "export {};" }));
  },
};

mkdirSync(join(root, "build"), { recursive: true });
writeFileSync(
  join(root, "build", "THIRD-PARTY.md"),
  `${thirdPartyNotices(root, `@napi-rs/keyring-${platform}`)}\n`,
);
writeFileSync(join(root, "build", "m2mcp.1"), manPage());
await Bun.build({
  // The keyring's thread is found beside the program.
  entrypoints: [join(root, "cli.ts"), join(root, "lib", "platform", "keyring", "worker.ts")],
  naming: { entry: "[name].[ext]" },
  compile: {
    outfile,
    // A stranger's folder must not bring code or settings in.
    autoloadDotenv: false,
    autoloadBunfig: false,
    ...(crossed ? { target: target as Bun.Build.CompileTarget } : {}),
  },
  format: "esm",
  minify: true,
  bytecode: true,
  // Without it the built-in modules of every verb are loaded at each start: twice the time of a bare start.
  splitting: true,
  plugins: [boundAddon],
});

// An embedded file is named by its place in the executable.
const bytes = readFileSync(outfile);
const embedded = new Set(bytes.toString("latin1").match(/root\/keyring\.[a-z0-9-]+\.node/g));
const isRight = embedded.size === 1 && [...embedded][0]?.startsWith(`root/keyring.${platform}-`);
if (!isRight) {
  rmSync(outfile, { force: true });
  fail(
    `${[...embedded].join(", ") || "no add-on"} is embedded in place of that of ${platform}, so nothing was built`,
  );
}
console.log(
  `${outfile} (${Math.round(bytes.length / 1024 / 1024)} MB, with the keyring add-on of ${platform})`,
);

/** What the names of the target's add-on end in. */
function abi(): string {
  if (os === "windows" || os === "win32") return "-msvc";
  if (os !== "linux") return "";
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const isMusl = crossed ? target.endsWith("-musl") : !report.header?.glibcVersionRuntime;
  return isMusl ? "-musl" : "-gnu";
}

function fail(what: string, hint?: string): never {
  console.error(`error: ${what}`);
  if (hint) console.error(`hint: ${hint}`);
  process.exit(1);
}
