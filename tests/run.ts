// Everything that must hold: installs what is missing, builds, checks, tests, runs the conformance scenarios.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const bun = process.execPath;
let passed = 0;
let failed = 0;

/** Runs one step with its output shown; returns what it printed. */
function step(title: string, command: string, args: string[]): string {
  console.log(`\n— ${title}`);
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  const told = `${stdout ?? ""}${stderr ?? ""}`;
  console.log(told.trimEnd());
  if (status === 0) passed++;
  else failed++;
  return told;
}

const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

// The Secret Service tests need a real one, the TLS tests an authority.
if (process.platform === "linux" && !["gnome-keyring-daemon", "dbus-run-session", "openssl"].every(has)) {
  if (process.getuid?.() === 0 && has("apt-get"))
    spawnSync("sh", ["-c", "apt-get update -q && apt-get install -qy gnome-keyring dbus openssl"], {
      stdio: "inherit",
    });
  else
    console.log(
      "gnome-keyring, dbus or openssl is missing: the tests that need them will fail; install them first",
    );
}

step("build", bun, ["run", "build"]);
step("types, lint, format", bun, ["run", "check"]);
const tests = step("tests", bun, ["test", "--timeout", "60000"]);
passed += Number(/^\s*(\d+) pass$/m.exec(tests)?.[1] ?? 0);
failed += Number(/^\s*(\d+) fail$/m.exec(tests)?.[1] ?? 0);
for (const [title, program] of [
  ["conformance: client scenarios", "run.ts"],
  ["conformance: server scenarios turned round", "server.ts"],
] as const) {
  const told = step(title, bun, [join("tests", "conformance", program)]);
  const counts = /: (\d+) scenarios passed, (\d+) failed$/m.exec(told);
  passed += Number(counts?.[1] ?? 0);
  failed += Number(counts?.[2] ?? 0);
}
step("demo", bun, ["tests/demo.ts"]);

console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
