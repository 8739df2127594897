// Imports run one way: cli → commands → {mcp, auth, store, ui} → {platform, http, errors}, and never in a circle.
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const LIB = join(import.meta.dir, "..", "lib");
const ALLOWED: Record<string, string[]> = {
  commands: ["commands", "auth", "mcp", "store", "ui", "platform", "http", "."],
  auth: ["auth", "http", "platform", "."],
  mcp: ["mcp", "http", "platform", "."],
  store: ["store", "platform", "."],
  // Shows what the protocol brings, so it knows the messages' shapes.
  ui: ["ui", "mcp", "platform", "."],
  platform: ["platform", "."],
  http: ["http", "."],
  ".": ["."],
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
const folderOf = (file: string) => (file.includes("/") ? (file.split("/")[0] ?? "") : ".");

test("no arrow points back", () => {
  expect(imports.length).toBeGreaterThan(100);
  const wrong = imports.filter(
    ({ from, to, typeOnly }) => !typeOnly && !ALLOWED[folderOf(from)]?.includes(folderOf(to)),
  );
  expect(wrong).toEqual([]);
  // What the store keeps is described where it is used; nothing else looks across, not even at types.
  const types = imports.filter(
    ({ from, to, typeOnly }) =>
      typeOnly && !ALLOWED[folderOf(from)]?.includes(folderOf(to)) && from !== "store/types.ts",
  );
  expect(types).toEqual([]);
});

test("there is no circle", () => {
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
