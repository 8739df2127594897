// Records of bridges that run: those of the dead are recognised and removed.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listRunning, type RunningBridge, removeRunning, writeRunning } from "../../lib/activity/running.ts";
import { ownBeginning, processSpace } from "../../lib/platform/host.ts";
import { stateFolders } from "../../lib/platform/own-folders/state.ts";
import { parentName } from "../../lib/platform/parent-process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp-running-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const now = Date.now();
const bridge = (more: Partial<RunningBridge> = {}): RunningBridge => ({
  ...{ pid: process.pid, beginning: ownBeginning(), space: processSpace() },
  ...{ target: "@svc", server: "https://h/mcp", startedBy: "host", startedAtMs: now, version: "1" },
  ...{ requests: 1, calls: 0, errors: 0, log: null },
  ...more,
});

test("one that runs is listed, privately written, until it says that it has ended", async () => {
  const place = join(folder, "not", "there", "yet");
  await writeRunning(place, bridge());
  await writeRunning(place, bridge({ calls: 3 }));
  expect(await listRunning(place, now)).toEqual([bridge({ calls: 3 })]);
  for (const name of readdirSync(place)) expect(statSync(join(place, name)).mode & 0o777).toBe(0o600);
  await removeRunning(place, bridge());
  expect(readdirSync(place)).toEqual([]);
});

test("what the dead have left is removed: gone, or their id is another's by now", async () => {
  const gone = bridge({ pid: 4_194_000, startedAtMs: now - 5 });
  const used = bridge({ beginning: process.platform === "linux" ? "1" : "-", startedAtMs: now - 86_400_000 });
  for (const one of [gone, used, bridge()]) await writeRunning(folder, one);
  writeFileSync(join(folder, ".tmp-4194000-1"), "{");
  writeFileSync(join(folder, "4194001-1.json"), "{");
  expect(await listRunning(folder, now)).toEqual([bridge()]);
  expect(readdirSync(folder)).toHaveLength(1);
});

test("another container's is left alone for a week", async () => {
  const there = bridge({ space: "elsewhere/1", pid: 1 });
  await writeRunning(folder, there);
  expect(await listRunning(folder, now)).toEqual([there]);
  expect(await listRunning(folder, now + 8 * 86_400_000)).toEqual([]);
  // Its clock, or ours, was wrong.
  await writeRunning(folder, there);
  expect(await listRunning(folder, now - 8 * 86_400_000)).toEqual([]);
});

test("of a record in part of another form the rest is listed, with moments that there are", async () => {
  const odd = {
    startedBy: {},
    log: 9,
    lastError: { atMs: "x", text: {} },
    cache: { at: 5 },
    servers: [null, 5, {}],
  };
  const own = { ...bridge(), ...odd, tokenEndsAtMs: 1e300, servingAt: 7, version: null };
  writeFileSync(join(folder, `${process.pid}-1.json`), JSON.stringify(own));
  const rest = { startedBy: null, servers: [], tokenEndsAtMs: 8.64e15, version: "" };
  expect(await listRunning(folder, now)).toEqual([bridge(rest)]);
  const whole = bridge({
    ...{ lastError: { atMs: now, text: "x" }, tokenEndsAtMs: now, servingAt: "http://h/mcp" },
    ...{ cache: { at: "redis://h:6379", serves: false, why: "x" } },
    servers: [{ target: "@a", server: "https://a/mcp", away: "x" }],
  });
  writeFileSync(join(folder, `${process.pid}-1.json`), JSON.stringify(whole));
  expect(await listRunning(folder, now)).toEqual([whole]);
});

test("nothing is said where nothing can be written", async () => {
  writeFileSync(join(folder, "file"), "");
  await writeRunning(join(folder, "file"), bridge());
  expect(await listRunning(join(folder, "file"), now)).toEqual([]);
});

test("the folders are the system's own, and none without a home", () => {
  const none = () => {
    throw new Error("no such user");
  };
  expect(stateFolders({ HOME: "/h" }, "linux")?.logs).toBe("/h/.local/state/m2mcp/logs");
  expect(stateFolders({ HOME: "/h", XDG_STATE_HOME: "/s" }, "linux")?.running).toBe("/s/m2mcp/running");
  expect(stateFolders({ HOME: "/h", XDG_STATE_HOME: "s" }, "linux")?.logs).toBe("/h/.local/state/m2mcp/logs");
  expect(stateFolders({ HOME: "/Users/a" }, "darwin")).toEqual({
    logs: "/Users/a/Library/Logs/m2mcp",
    running: "/Users/a/Library/Application Support/m2mcp/running",
  });
  expect(stateFolders({ LOCALAPPDATA: "C:\\L" }, "win32")?.logs).toBe("C:\\L\\m2mcp\\logs");
  expect(stateFolders({ HOME: "/c/a", USERPROFILE: "C:\\a", LOCALAPPDATA: "\\L" }, "win32")?.logs).toBe(
    "C:\\a\\AppData\\Local\\m2mcp\\logs",
  );
  expect(stateFolders({ HOME: "relative" }, "linux")).toBeNull();
  expect(stateFolders({}, "linux", none)).toBeNull();
});

test("who started this process has a name", async () => {
  expect(await parentName()).toMatch(/\S/);
  expect(await parentName(4_194_000)).toBeNull();
});
