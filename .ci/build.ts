// Builds the executable for this machine, or with --target bun-<os>-<arch>[-musl] for another one. For another one its
// keyring add-on must be there too: bun install --os '*' --cpu '*' (on Linux with musl: @napi-rs/keyring-linux-x64-musl).
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const crossed = process.argv.includes("--target");
const target = crossed ? (process.argv[process.argv.indexOf("--target") + 1] ?? "") : "";
if (crossed && !/^bun-(linux|darwin|windows)-(x64|arm64)(-[a-z]+)*$/.test(target)) {
  console.error("error: --target names no platform");
  console.error("hint: write it like --target bun-linux-arm64, bun-darwin-arm64 or bun-windows-x64");
  process.exit(1);
}
const windows = crossed ? target.includes("windows") : process.platform === "win32";
const suffix = crossed ? `-${target.replace(/^bun-/, "")}` : "";
const outfile = join(root, "build", `m2mcp${suffix}${windows ? ".exe" : ""}`);

mkdirSync(join(root, "build"), { recursive: true });
const built = spawnSync(
  process.execPath,
  [
    "build",
    "--compile",
    "--minify",
    "--bytecode",
    "--format=esm",
    // Without it the built-in modules of every verb are loaded at each start: twice the time of a bare start.
    "--splitting",
    // A stranger's folder must not bring code or settings in.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    ...(crossed ? [`--target=${target}`] : []),
    "cli.ts",
    "--outfile",
    outfile,
  ],
  { cwd: root, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" },
);
if (built.status !== 0) process.exit(built.status ?? 1);

// Without the add-on the keyring would silently be absent. An embedded file is named by its place in the executable.
const [, os = process.platform, arch = process.arch] = /^bun-(\w+)-(\w+)/.exec(target) ?? [];
const platform = `${os.replace("windows", "win32")}-${arch}`;
const bytes = readFileSync(outfile);
const addon = new RegExp(`root/(keyring\\.${platform}[a-z0-9-]*\\.node)`).exec(bytes.toString("latin1"))?.[1];
if (!addon) {
  rmSync(outfile, { force: true });
  console.error(`error: the keyring add-on of ${platform} is not embedded, so nothing was built`);
  console.error(
    `hint: bun install ${crossed ? "--os '*' --cpu '*' " : ""}brings @napi-rs/keyring-${platform} and its like`,
  );
  process.exit(1);
}
console.log(`${outfile} (${Math.round(bytes.length / 1024 / 1024)} MB, with ${addon})`);
