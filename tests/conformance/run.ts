// Runs the official client scenarios through the executable's bridge; every check of each must pass.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..", "..");
const SUITE = join(root, "node_modules", "@modelcontextprotocol", "conformance", "dist", "index.js");

/** Checks that look for a browser: no client without one can pass them; all others of the scenario must pass. */
const BROWSER: Record<string, string> = {
  "client-registration": "dynamic registration belongs to the browser grant",
  "authorization-request": "no authorization endpoint is used",
  "resource-parameter-in-authorization": "no authorization endpoint is used; the token request has it",
  "sep-1932-client-token-request-proof": "looked for in an authorization_code request only",
  "sep-1932-client-as-nonce": "given to authorization_code requests only",
  "sep-2352-reregister-on-as-change":
    "credentials are pre-registered: a move is refused until login approves it",
  "scope-from-www-authenticate": "looked for at the authorization endpoint",
  "scope-from-scopes-supported": "looked for at the authorization endpoint",
  "scope-omitted-when-undefined": "looked for at the authorization endpoint",
  "scope-step-up-initial": "looked for at the authorization endpoint",
  "scope-step-up-escalation": "looked for at the authorization endpoint",
  "scope-retry-limit": "counted at the authorization endpoint",
};

/** Scenario, and the version of the wire it is run at. */
const SCENARIOS: [name: string, version?: string][] = [
  ["initialize", "2025-11-25"],
  ["tools_call", "2025-11-25"],
  ["elicitation-sep1034-client-defaults", "2025-11-25"],
  ["sse-retry", "2025-11-25"],
  ["json-schema-2020-12-preservation", "2025-11-25"],
  ["tools_call", "2026-07-28"],
  ["request-metadata", "2026-07-28"],
  ["http-standard-headers", "2026-07-28"],
  ["http-custom-headers", "2026-07-28"],
  ["http-invalid-tool-headers", "2026-07-28"],
  ["sep-2322-client-request-state", "2026-07-28"],
  ["json-schema-ref-no-deref", "2026-07-28"],
  ["json-schema-2020-12-preservation", "2026-07-28"],
  ["auth/client-credentials-basic"],
  ["auth/client-credentials-jwt"],
  ["auth/wif-jwt-bearer"],
  ["auth/dpop"],
  ["auth/dpop-nonce"],
  ["auth/metadata-issuer-mismatch"],
  ["auth/resource-mismatch"],
  ["auth/authorization-server-migration"],
  ["auth/token-endpoint-auth-basic"],
  ["auth/token-endpoint-auth-post"],
  ["auth/metadata-default"],
  ["auth/metadata-var1"],
  ["auth/metadata-var2"],
  ["auth/metadata-var3"],
  ["auth/scope-from-www-authenticate"],
  ["auth/scope-from-scopes-supported"],
  ["auth/scope-omitted-when-undefined"],
  ["auth/scope-step-up"],
  ["auth/scope-retry-limit"],
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
  const failures = checks.filter(({ status }) => status === "FAILURE" || status === "WARNING");
  const bad = failures.filter(({ id }) => !(id in BROWSER));
  const apart = failures.filter(({ id }) => id in BROWSER);
  const good = checks.filter(({ status }) => status === "SUCCESS").length;
  const ok = bad.length === 0 && good > 0;
  if (ok) passed++;
  else failed++;
  console.log(
    `${ok ? "pass" : "FAIL"}  ${name}${version ? ` (${version})` : ""}: ${good} checks passed, ${bad.length} failed`,
  );
  for (const { id, errorMessage } of bad) console.log(`      ${id}: ${errorMessage ?? ""}`);
  for (const { id } of apart) console.log(`      not for a client without a browser: ${id} (${BROWSER[id]})`);
  if (good === 0) console.log(told);
}
console.log(`conformance: ${passed} scenarios passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
