// Runs the official client scenarios through the executable's bridge, with a client of the official SDK on stdio:
// every check that concerns a client without a browser must pass, every other is named with its reason.
import { join } from "node:path";
import { type Apart, type Log, readLog, SCENARIOS, type Scenario } from "./scenarios.ts";
import { type Check, inParallel, requirements, runSuite } from "./suite.ts";

const LIMIT_MS = 60_000;
const REVISIONS = ["2025-11-25", "2026-07-28"];

type Era = "legacy" | "modern";
interface Run {
  name: string;
  version: string;
  client: Era;
  scenario: Scenario;
}

const eraOf = (version: string): Era => (version.startsWith("2026") ? "modern" : "legacy");

/** Each scenario at its own wire version, with the client of that era and, where it makes a difference, the other. */
function runsOf([name, scenario]: [string, Scenario]): Run[] {
  return scenario.versions.flatMap((version) => {
    const own = eraOf(version);
    const other: Era = own === "legacy" ? "modern" : "legacy";
    const clients = scenario.oneClient ? [own] : [own, other];
    return clients.map((client) => ({ name, version, client, scenario }));
  });
}

interface Outcome {
  passed: number;
  wrong: string[];
  apart: string[];
}

/** Holds the checks of a run against what the scenario must show. */
function judge({ version, scenario }: Run, checks: Check[], told: string): Outcome {
  const outcome: Outcome = { passed: 0, wrong: [], apart: [] };
  const apart: Record<string, Apart> = { ...scenario.apart, ...scenario.at?.[version]?.apart };
  const log: Log = readLog(checks);
  const of = (id: string) =>
    checks.filter((check) => check.id === id && !["INFO", "SKIPPED"].includes(check.status));
  for (const [id, least] of Object.entries(scenario.required)) {
    const good = of(id).filter(({ status }) => status === "SUCCESS").length;
    outcome.passed += good;
    if (good < least) outcome.wrong.push(`${id} passed ${good} times instead of ${least}`);
  }
  for (const [id, { why, instead }] of Object.entries(apart)) {
    const found = of(id);
    if (found.length === 0) outcome.wrong.push(`${id} is missing`);
    if (found.some(({ status }) => status === "SUCCESS"))
      outcome.wrong.push(`${id} passes, though it says: ${why}`);
    if (instead && !instead.seen(log)) outcome.wrong.push(`not so: ${instead.what}`);
    outcome.apart.push(`${id}: ${why}${instead ? `; instead: ${instead.what}` : ""}`);
  }
  for (const { id, status, errorMessage } of checks) {
    if (status === "INFO" || status === "SKIPPED" || id in apart) continue;
    if (status !== "SUCCESS") outcome.wrong.push(`${id}: ${status} ${errorMessage ?? ""}`);
    else if (!(id in scenario.required)) outcome.wrong.push(`${id} is in no list`);
  }
  const refused = /client exited with/i.test(told);
  if (refused !== (scenario.refuses ?? false))
    outcome.wrong.push(refused ? "the client ended with an error" : "the client did not end with an error");
  if (told.includes("timed out")) outcome.wrong.push("it took too long");
  return outcome;
}

async function run(one: Run): Promise<Outcome & { told: string }> {
  const { name, version, client } = one;
  const program = `${process.execPath} ${join(import.meta.dir, "client.ts")}`;
  const args = ["client", "--command", program, "--scenario", name, "--spec-version", version, "--force"];
  const { scenarios, told } = await runSuite([...args, "--timeout", String(LIMIT_MS / 2)], LIMIT_MS, {
    M2MCP_TEST_CLIENT: client,
    ...(one.scenario.hidesEra && client !== eraOf(version) ? { M2MCP_PROTOCOL: version } : {}),
  });
  return { ...judge(one, scenarios[0]?.checks ?? [], told), told };
}

// What the suite asks of a client and is not listed would go unnoticed.
const missing = REVISIONS.flatMap((revision) => {
  const { required, others } = requirements(revision, "client");
  return [...required, ...others]
    .filter((name) => !SCENARIOS[name]?.versions.includes(revision))
    .map((name) => `${name} (${revision})`);
});
const wanted = process.argv.slice(2);
const runs = Object.entries(SCENARIOS)
  .filter(([name]) => wanted.length === 0 || wanted.includes(name))
  .flatMap(runsOf);
const outcomes = await inParallel(runs, 2, run);

let failed = missing.length;
for (const name of missing) console.log(`FAIL  ${name} is required of clients but not run`);
console.log(
  "      scenario                                   wire        client  passed  not for a client without a browser",
);
for (const [at, { name, version, client }] of runs.entries()) {
  const { passed = 0, wrong = ["it was not run"], apart = [], told = "" } = outcomes[at] ?? {};
  if (wrong.length > 0) failed++;
  const numbers = `${String(passed).padStart(6)}  ${String(apart.length).padStart(6)}`;
  console.log(
    `${wrong.length === 0 ? "pass" : "FAIL"}  ${name.padEnd(42)} ${version}  ${client}  ${numbers}`,
  );
  for (const line of wrong) console.log(`        wrong: ${line}`);
  for (const line of apart) console.log(`        ${line}`);
  if (wrong.length > 0) console.log(told);
}
console.log(`client scenarios: ${runs.length - failed + missing.length} scenarios passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
