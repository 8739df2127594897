// An entry in a realistic file of each host, and out again: all else stays byte for byte.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { desktopEntry, entryOf, isOurs } from "../../lib/desktop/entry.ts";
import { entriesOf, readHostFile, withEntry, withoutEntry } from "../../lib/desktop/host-file.ts";
import { HOSTS, hostNamed } from "../../lib/desktop/hosts/all.ts";
import { placeOf } from "../../lib/desktop/place.ts";
import { isWithin } from "./is-within.ts";
import { memorySystem } from "./memory-system.ts";

const FIXTURES: Record<string, string> = {
  "claude-desktop": "claude_desktop_config.json",
  "claude-code": "claude.json",
  cursor: "cursor.json",
  vscode: "vscode.json",
  "vscode-insiders": "vscode.json",
  windsurf: "windsurf.json",
  devin: "devin.json",
  zed: "zed.json",
  gemini: "gemini.json",
  codex: "codex.toml",
  copilot: "copilot.json",
  goose: "goose.yaml",
  "lm-studio": "lm-studio.json",
};
const entry = desktopEntry("svc", "/usr/local/bin/m2mcp");

async function fileOf(id: string, text: string, platform = "linux") {
  const system = memorySystem({}, { platform });
  const place = await placeOf(hostNamed(id), "user", system);
  if (!place) throw new Error(`${id} has no file`);
  system.files.set(place.file, text);
  return readHostFile(place, system);
}

test("every host has a file here", () =>
  expect(Object.keys(FIXTURES).sort()).toEqual(HOSTS.map(({ id }) => id).sort()));

describe.each(Object.entries(FIXTURES))("%s", (id, fixture) => {
  const text = readFileSync(join(import.meta.dir, "fixtures", fixture), "utf8");

  test("takes an entry as its last, and nothing else changes", async () => {
    const file = await fileOf(id, text);
    const names = entriesOf(file).map(([name]) => name);
    const { after, kind } = withEntry(file, "svc", entry, false);
    expect(kind).toBe("added");
    const changed = { ...file, text: after };
    expect(entriesOf(changed).map(([name]) => name)).toEqual([...names, "svc"]);
    const own = entryOf(Object.fromEntries(entriesOf(changed)).svc);
    expect(own).toEqual(entry);
    expect(own && isOurs(own)).toBe(true);
    expect(isWithin(file.text ?? "", after ?? "")).toBe(true);
  });

  test("gives it back byte for byte", async () => {
    const file = await fileOf(id, text);
    const { after } = withEntry(file, "svc", entry, false);
    // Of an empty object nobody can tell how it was laid out: an older copy does, in `restored`.
    const back = withoutEntry({ ...file, text: after }, "svc").after;
    expect(file.mark + back).toBe(text);
  });

  test("keeps what its user has set, when it is brought up to date", async () => {
    const file = await fileOf(id, text);
    const first = withEntry(file, "svc", entry, false).after ?? "";
    const path = [...file.place.under, "svc"];
    const isText = ["goose", "codex"].includes(id);
    const set = file.format.set(first, [...path, "timeout"], 7);
    const moved = desktopEntry("svc", "/opt/m2mcp", [], { M2MCP_HOME: "/srv/m2mcp" });
    const { after, kind } = withEntry({ ...file, text: set }, "svc", moved, false);
    expect(kind).toBe("updated");
    const value = file.format.read(after ?? "", path) as Record<string, unknown>;
    expect(value.timeout).toBe(7);
    expect(entryOf(value)).toEqual(moved);
    expect(withEntry({ ...file, text: after }, "svc", moved, false).kind).toBe("unchanged");
    if (!isText) expect(file.format.remove(file.format.remove(after ?? "", path), path)).not.toContain("svc");
  });
});
