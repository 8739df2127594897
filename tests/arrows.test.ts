// Imports run one way, from the command line down to the platform, and never in a circle.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const LIB = join(import.meta.dir, "..", "lib");
const GROUND = [".", "platform", "timing", "net"];
const PROTOCOL = ["mcp/protocol", "mcp/jsonrpc", ...GROUND];
/** What the files of each folder may import, besides their own folder; the longest prefix of a path counts. */
const ALLOWED: Record<string, string[]> = {
  ".": [],
  platform: ["."],
  timing: ["."],
  net: [".", "platform", "timing"],
  "mcp/jsonrpc": ["."],
  "mcp/protocol": ["mcp/jsonrpc", ...GROUND],
  "mcp/http": PROTOCOL,
  "mcp/legacy": ["mcp/http", ...PROTOCOL],
  "mcp/modern": ["mcp/http", ...PROTOCOL],
  // Pure: neither transports nor timers.
  "mcp/translate": ["mcp/protocol", "mcp/jsonrpc", "."],
  // A client of one era with a server of another, or of the same.
  "mcp/pairs": ["mcp/legacy", "mcp/modern", "mcp/translate", "mcp/http", ...PROTOCOL],
  "mcp/connection": ["mcp/pairs", "mcp/legacy", "mcp/modern", ...PROTOCOL],
  // Several servers as one: over a connection with each.
  "mcp/merged": ["mcp/connection", "mcp/pairs", "mcp/legacy", "mcp/translate", ...PROTOCOL],
  // Between a host and its connection: which tools may be used.
  "mcp/policy": ["mcp/translate", ...PROTOCOL],
  hosts: ["mcp/connection", "mcp/translate", "mcp/pairs", ...PROTOCOL],
  auth: GROUND,
  store: GROUND,
  // What a fleet shares: sealed as the store seals.
  cache: ["store", ...GROUND],
  // What bridges write down of themselves.
  activity: GROUND,
  // What is written down of requests: stands around a connection.
  observation: PROTOCOL,
  // Files of other programs, and bundles for them.
  desktop: GROUND,
  // What a JSON Schema says: pure.
  schema: ["."],
  ui: ["schema", "mcp/protocol", "mcp/jsonrpc", ...GROUND],
  "command-line": ["ui", ...GROUND],
  verbs: [
    "command-line",
    "hosts",
    "desktop",
    "auth",
    "store",
    "cache",
    "activity",
    "observation",
    "mcp/policy",
    "mcp/merged",
    "ui",
    "schema",
    ...PROTOCOL,
  ],
};

interface Import {
  from: string;
  to: string;
  /** Types alone: gone when the program runs. */
  typeOnly: boolean;
}

const files = readdirSync(LIB, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(LIB, from), "utf8");
  const lines = text.matchAll(/^(?:import|export) ((?:type )?)[^;]*?from "(\.[^"]+)";/gms);
  return [...lines].map(([, type = "", to = ""]) => ({
    from,
    to: relative(LIB, join(LIB, from, "..", to)),
    typeOnly: type !== "",
  }));
});

/** The folder of the table that a file belongs to. */
function folderOf(file: string): string {
  const prefixes = Object.keys(ALLOWED).filter((folder) => file.startsWith(`${folder}/`));
  if (prefixes.length > 0) return prefixes.reduce((a, b) => (a.length > b.length ? a : b));
  return file.includes("/") ? file : ".";
}

test("no import points back", () => {
  expect(imports.length).toBeGreaterThan(100);
  const wrong = imports.filter(({ from, to }) => {
    const [mine, theirs] = [folderOf(from), folderOf(to)];
    return mine !== theirs && !ALLOWED[mine]?.includes(theirs);
  });
  expect(wrong).toEqual([]);
});

test("imports make no circle", () => {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    expect(path).not.toContain(file);
    if (done.has(file)) return;
    for (const { to } of imports.filter((one) => one.from === file && !one.typeOnly))
      visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});
