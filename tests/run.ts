// Everything that must hold: installs what is missing, builds, checks, tests, runs the conformance scenarios.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const bun = process.execPath;
/** How many test files run at once: most of them wait more than they work. */
const AT_ONCE = Number(process.env.M2MCP_TEST_FILES_AT_ONCE ?? Math.min(availableParallelism(), 4));
/** They take longest, so they begin first. */
const LONG = [
  "release/",
  "faults/processes",
  "faults/soak",
  "store/lasting",
  "e2e/many-processes",
  "e2e/network",
];
let passed = 0;
let failed = 0;
/** What the last lines say of failures: the log above them is long. */
const failures: string[] = [];
/** Files that failed beside others and passed alone: a race or a bound in the test or in the product. */
const unsteady: string[] = [];

interface Told {
  ok: boolean;
  text: string;
}

/** Runs a program; what it printed is shown when it has ended, so that nothing is mixed up. */
function run(title: string, command: string, args: string[]): Promise<Told> {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  return new Promise((resolve) =>
    child.on("close", (code) => {
      console.log(`\n— ${title}\n${text.trimEnd()}`);
      resolve({ ok: code === 0, text });
    }),
  );
}

/** Counts what a program tells of its own tests; one that tells of no failure, but fails, is one. */
function count({ ok, text }: Told, passes: RegExp, fails: RegExp): void {
  const found = Number(fails.exec(text)?.[1] ?? 0);
  passed += Number(passes.exec(text)?.[1] ?? 0);
  failed += ok ? found : Math.max(found, 1);
}

/** A step that is one test. */
async function step(title: string, args: string[]): Promise<void> {
  if ((await run(title, bun, args)).ok) passed++;
  else {
    failed++;
    failures.push(title);
  }
}

const failedTests = (text: string) => text.match(/^\(fail\) .*$/gm) ?? ["it ended without a count"];

async function testFiles(): Promise<void> {
  const all = readdirSync(join(root, "tests"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => path.replaceAll("\\", "/"))
    .sort();
  const rank = (path: string) => LONG.findIndex((start) => path.startsWith(start));
  const queue = all.toSorted(
    (one, other) => Number(rank(one) < 0) - Number(rank(other) < 0) || rank(one) - rank(other),
  );
  const test = (path: string, title = path) =>
    run(title, bun, ["test", "--timeout", "60000", join("tests", path)]);
  const add = (told: Told) => count(told, /^\s*(\d+) pass$/m, /^\s*(\d+) fail$/m);
  const again: [path: string, told: Told][] = [];
  const worker = async () => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      const told = await test(path);
      if (told.ok) add(told);
      else again.push([path, told]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  // What fails twice, the second time with the machine to itself, is broken; what passes then is named below.
  for (const [path, first] of again) {
    const second = await test(path, `${path}, once more by itself`);
    add(second);
    const into = second.ok ? unsteady : failures;
    into.push(
      ...new Set(failedTests(second.ok ? first.text : second.text).map((line) => `${path}: ${line}`)),
    );
  }
}

const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

// The Secret Service tests need a real one, the TLS tests an authority, those of completion the shells.
const PROGRAMS = ["gnome-keyring-daemon", "dbus-run-session", "openssl", "zsh", "fish"];
const INSTALL =
  "apt-get update -q && apt-get install -qy gnome-keyring dbus openssl && apt-get install -qy --no-install-recommends zsh fish";
if (process.platform === "linux" && !PROGRAMS.every(has)) {
  if (process.getuid?.() === 0 && has("apt-get")) spawnSync("sh", ["-c", INSTALL], { stdio: "inherit" });
  else
    console.log(
      `one of ${PROGRAMS.join(", ")} is missing: the tests that need it will fail; install them first`,
    );
}

/** What tests use where it is there, and skip aloud where it is not: Debian's packages, by a file of each. */
const OPTIONAL = {
  lintian: "/usr/bin/lintian",
  shellcheck: "/usr/bin/shellcheck",
  patchelf: "/usr/bin/patchelf",
  musl: "/lib/ld-musl-x86_64.so.1",
  "qemu-user-static": "/usr/bin/qemu-aarch64-static",
  "redis-server": "/usr/bin/redis-server",
  nginx: "/usr/sbin/nginx",
  "libc6-arm64-cross": "/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1",
  "libgcc-s1-arm64-cross": "/usr/aarch64-linux-gnu/lib/libgcc_s.so.1",
};
const missing = Object.entries(OPTIONAL).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));
if (process.platform === "linux" && missing.length > 0 && process.getuid?.() === 0 && has("apt-get"))
  spawnSync(
    "sh",
    ["-c", `apt-get update -q; apt-get install -qy --no-install-recommends ${missing.join(" ")}`],
    {
      stdio: "inherit",
    },
  );

await step("build", ["run", "build"]);
await step("types, lint, format, sizes, dead exports", ["run", "check"]);
await testFiles();
for (const [title, program] of [
  ["conformance: client scenarios", "run.ts"],
  ["conformance: server scenarios turned round", "server.ts"],
] as const) {
  const told = await run(title, bun, [join("tests", "conformance", program)]);
  count(told, /: (\d+) scenarios passed, \d+ failed$/m, /: \d+ scenarios passed, (\d+) failed$/m);
  if (!told.ok) failures.push(title);
}
await step("demo", ["tests/demo.ts"]);
// Releases of all platforms are gigabytes.
rmSync(join(root, "build", "for-tests"), { recursive: true, force: true });

for (const line of unsteady) console.log(`unsteady: ${line}`);
for (const line of failures) console.log(`failed: ${line}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
