// Runs the official client scenarios through the executable's bridge; every check of each must pass.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");
const SUITE = join(root, "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js");

/** Scenario, and the version of the wire it is run at. */
const SCENARIOS: [name: string, version?: string][] = [
  ["initialize", "2025-11-25"],
  ["tools_call", "2025-11-25"],
  ["elicitation-sep1034-client-defaults", "2025-11-25"],
  ["sse-retry", "2025-11-25"],
  ["auth/client-credentials-basic"],
  ["auth/client-credentials-jwt"],
];

interface Check {
  id: string;
  status: string;
  errorMessage?: string;
}

function runScenario(name: string, version: string | undefined, output: string): Promise<string> {
  const args = [
    SUITE,
    "client",
    "--command",
    `${process.execPath} tests/conformance/client.ts`,
    "--scenario",
    name,
    "-o",
    output,
  ];
  // The suite needs a newer Node than may be there; Bun runs it.
  const child = spawn(process.execPath, [...args, ...(version ? ["--spec-version", version] : [])], {
    cwd: root,
  });
  let told = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      told += text;
    });
  return new Promise((resolve) => child.on("close", () => resolve(told)));
}

function readChecks(folder: string): Check[] {
  const file = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((path) =>
    path.endsWith("checks.json"),
  );
  return file ? JSON.parse(readFileSync(join(folder, file), "utf8")) : [];
}

let failed = 0;
let passed = 0;
const wanted = process.argv.slice(2);
for (const [name, version] of SCENARIOS.filter(([known]) => wanted.length === 0 || wanted.includes(known))) {
  const output = mkdtempSync(join(tmpdir(), "m2mcp-scenario-"));
  const told = await runScenario(name, version, output);
  const checks = readChecks(output);
  rmSync(output, { recursive: true, force: true });
  const bad = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  const good = checks.filter(({ status }) => status === "SUCCESS").length;
  const ok = bad.length === 0 && good > 0;
  if (ok) passed++;
  else failed++;
  console.log(
    `${ok ? "pass" : "FAIL"}  ${name}${version ? ` (${version})` : ""}: ${good} checks passed, ${bad.length} failed`,
  );
  for (const { id, errorMessage } of bad) console.log(`      ${id}: ${errorMessage ?? ""}`);
  if (good === 0) console.log(told);
}
console.log(`conformance: ${passed} scenarios passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
