// A host that saves its file while we change it loses nothing.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { desktopEntry } from "../../lib/desktop/entry.ts";
import { type HostFile, withEntry } from "../../lib/desktop/host-file.ts";
import { hostNamed } from "../../lib/desktop/hosts/all.ts";
import type { Place } from "../../lib/desktop/place.ts";
import { thisSystem } from "../../lib/desktop/system.ts";
import { writeChange } from "../../lib/desktop/write-change.ts";

let folder: string;
let place: Place;
const system = thisSystem({ env: {}, cwd: "/" });
const save = (text: string) => writeFileSync(place.file, text);
const read = () => JSON.parse(readFileSync(place.file, "utf8"));
const entry = desktopEntry("svc", "/usr/bin/m2mcp");
const add = (file: HostFile) => withEntry(file, "svc", entry, false);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp-change-"));
  place = {
    host: hostNamed("claude-code"),
    scope: "user",
    file: join(folder, ".claude.json"),
    under: ["mcpServers"],
    others: [],
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the change is made again on what it wrote", async () => {
  save('{"count":1}');
  let rounds = 0;
  const { change, backup } = await writeChange(place, system, 0, (file) => {
    if (++rounds < 3) save(`{"count":${rounds + 1}}`);
    return add(file);
  });
  expect([rounds, change.kind, read().count, Object.keys(read().mcpServers)]).toEqual([
    3,
    "added",
    3,
    ["svc"],
  ]);
  expect(readFileSync(backup ?? "", "utf8")).toBe('{"count":3}');
});

test("one that was not there, and comes", async () => {
  let rounds = 0;
  await writeChange(place, system, 0, (file) => {
    if (++rounds === 1) save('{"count":1}');
    return add(file);
  });
  expect([rounds, read().count, Object.keys(read().mcpServers)]).toEqual([2, 1, ["svc"]]);
});

test("a host that never stops is told of, and nothing is overwritten", async () => {
  let count = 0;
  save('{"count":0}');
  const writing = writeChange(place, system, 0, (file) => {
    save(`{"count":${++count}}`);
    return add(file);
  });
  expect(await writing.catch((error) => error.code)).toBe("changed_meanwhile");
  expect(read()).toEqual({ count });
  expect(readdirSync(folder)).toEqual([".claude.json"]);
});

test("no change, no copy", async () => {
  save('{"count":0}');
  await writeChange(place, system, 0, add);
  const names = readdirSync(folder);
  expect(await writeChange(place, system, 0, add)).toMatchObject({
    change: { kind: "unchanged" },
    backup: null,
  });
  expect(readdirSync(folder)).toEqual(names);
});
