// Runs the official conformance suite and reads what its checks found.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const root = join(import.meta.dir, "..", "..");
const PACKAGE = join(root, "node_modules", "@modelcontextprotocol", "conformance");

export interface Check {
  id: string;
  name: string;
  status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  errorMessage?: string;
  details?: Record<string, unknown>;
}

export interface SuiteRun {
  /** The checks of each scenario, by the folder that the suite names after it. */
  scenarios: { folder: string; checks: Check[] }[];
  /** What it printed. */
  told: string;
}

/** Runs the suite once, with its time bounded, in ms, and with more variables for the client that it starts. */
export async function runSuite(
  args: string[],
  limitMs: number,
  env: Record<string, string> = {},
): Promise<SuiteRun> {
  const output = mkdtempSync(join(tmpdir(), "m2mcp-suite-"));
  try {
    // The suite needs a newer Node than may be there; Bun runs it.
    const program = [join(PACKAGE, "dist", "index.js"), ...args, "-o", output];
    const child = spawn(process.execPath, program, { cwd: root, env: { ...process.env, ...env } });
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    let told = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        told += text;
      });
    await new Promise((resolve) => child.on("close", resolve));
    clearTimeout(timer);
    const files = readdirSync(output, { recursive: true, encoding: "utf8" }).sort();
    const scenarios = files
      .filter((path) => path.endsWith("checks.json"))
      .map((path) => ({
        folder: dirname(path),
        checks: JSON.parse(readFileSync(join(output, path), "utf8")) as Check[],
      }));
    return { scenarios, told };
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

export type Leg = "client" | "server";

/** The scenarios that a revision requires, and those that it runs without requiring them. */
export function requirements(revision: string, leg: Leg): { required: string[]; others: string[] } {
  const text = readFileSync(join(PACKAGE, "requirements", `${revision}.yaml`), "utf8");
  const sections = text.split(/^(?=\S+:$)/m);
  const section = (name: string) => sections.find((part) => part.startsWith(`${name}:`)) ?? "";
  return {
    required: [...section(leg).matchAll(/^ {2}- (\S+)$/gm)].map(([, name = ""]) => name),
    others: [...section("not_scored").matchAll(/scenario: (\S+)\n +leg: (\S+)/g)]
      .filter(([, , of]) => of === leg)
      .map(([, name = ""]) => name),
  };
}

/** Runs `work` over the items, a few at once; results in order. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as Item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
