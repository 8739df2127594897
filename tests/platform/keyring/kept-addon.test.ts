import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keptAddon } from "../../../lib/platform/keyring/kept-addon.ts";

let top = "";
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "m2mcp-addon-"));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const keep = (name: string, text: string, folder: string) =>
  keptAddon(`B:/~BUN/root/${name}`, Buffer.from(text), folder);

test("an add-on is written once, and again only where it is not what is embedded", () => {
  const folder = join(top, "a", "addon");
  const { path } = keep("keyring-1.node.zst", "library", folder);
  expect([path, readFileSync(path, "utf8")]).toEqual([join(folder, "keyring-1.node"), "library"]);
  const first = statSync(path).ino;
  expect([keep("keyring-1.node.zst", "library", folder).path, statSync(path).ino]).toEqual([path, first]);
  writeFileSync(path, "another's");
  keep("keyring-1.node", "library", folder);
  expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["library", ["keyring-1.node"]]);
});

test("what other versions and killed processes have left goes after a day", () => {
  const folder = join(top, "addon");
  keep("keyring-1.node", "old", folder);
  writeFileSync(join(folder, ".tmp-12"), "");
  writeFileSync(join(folder, "note.txt"), "");
  keep("keyring-2.node", "new", folder);
  expect(readdirSync(folder).sort()).toEqual([".tmp-12", "keyring-1.node", "keyring-2.node", "note.txt"]);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), 1e9, 1e9);
  keep("keyring-2.node", "new", folder);
  expect(readdirSync(folder).sort()).toEqual(["keyring-2.node", "note.txt"]);
});
