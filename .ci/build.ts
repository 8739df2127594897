// Builds the executable for this machine, or with --target bun-<os>-<arch> for another one.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const target = process.argv[process.argv.indexOf("--target") + 1];
const crossed = process.argv.includes("--target");
const suffix = crossed ? `-${target?.replace(/^bun-/, "")}` : "";
const windows = crossed ? target?.includes("windows") : process.platform === "win32";
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

// Without the add-on the keyring would silently be absent: each add-on names its own registration symbol.
const bytes = readFileSync(outfile);
const addons = bytes.toString("latin1").match(/napi_register_module_v1/g)?.length ?? 0;
const runtime =
  readFileSync(process.execPath)
    .toString("latin1")
    .match(/napi_register_module_v1/g)?.length ?? 0;
if (addons <= runtime) {
  console.error("error: the keyring add-on of the target is not embedded");
  console.error("hint: bun install brings @napi-rs/keyring and its add-on for this platform");
  process.exit(1);
}
console.log(`${outfile} (${Math.round(bytes.length / 1024 / 1024)} MB)`);
