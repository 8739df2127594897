// Keeps files, functions and folders of the product to a size that a reader can hold: part of `bun run check`.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const LIMITS = { file: 200, function: 60, folder: 12 } as const;
type Kind = keyof typeof LIMITS;

/** What is still too long. Entries go when their file is mended; none may come. */
const STILL_TOO_LONG: Record<string, Kind[]> = {};

const root = join(import.meta.dir, "..");
const files = [
  "cli.ts",
  ...readdirSync(join(root, "lib"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join("lib", path).replaceAll("\\", "/")),
];
/** The largest of each kind: of a file its lines, of its functions the lines of the longest, of a folder its files. */
const sizes = new Map<string, Partial<Record<Kind, number>>>();
const note = (path: string, kind: Kind, size: number) => {
  const known = sizes.get(path) ?? {};
  sizes.set(path, { ...known, [kind]: Math.max(known[kind] ?? 0, size) });
};

for (const path of files)
  note(path, "file", readFileSync(join(root, path), "utf8").trimEnd().split("\n").length);
for (const folder of new Set(files.map(dirname)))
  note(folder, "folder", files.filter((path) => dirname(path) === folder).length);

// The linter knows where functions begin and end; its own count leaves lines out, so it only has to name them.
interface Diagnostic {
  category: string;
  location: { path: string; start: { line: number }; end: { line: number } };
}
const rule = "complexity/noExcessiveLinesPerFunction";
const { stdout } = spawnSync(
  join(root, "node_modules", ".bin", "biome"),
  ["lint", `--only=${rule}`, "--max-diagnostics=none", "--reporter=json", "cli.ts", "lib"],
  { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
);
for (const { category, location } of (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics)
  if (category === `lint/${rule}`)
    note(location.path, "function", location.end.line - location.start.line + 1);

const problems: string[] = [];
const stale: string[] = [];
for (const [path, found] of sizes)
  for (const [kind, size] of Object.entries(found) as [Kind, number][]) {
    const isAllowed = STILL_TOO_LONG[path]?.includes(kind) ?? false;
    if (size > LIMITS[kind] && !isAllowed)
      problems.push(`${path}: ${kind} of ${size}, more than ${LIMITS[kind]}`);
    if (size <= LIMITS[kind] && isAllowed) stale.push(`${path}: ${kind}`);
  }
for (const path of Object.keys(STILL_TOO_LONG)) if (!sizes.has(path)) stale.push(path);
for (const problem of problems.sort()) console.error(problem);
if (stale.length > 0)
  console.error(`no longer too long, to be taken off the list in .ci/sizes.ts: ${stale.join(", ")}`);
if (problems.length > 0)
  console.error("what is too long wants to be split, not to be listed in .ci/sizes.ts");
process.exit(problems.length > 0 ? 1 : 0);
