// Logs of bridges: their lines, their size and number, and what reads them.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogEntry, lineOf, parseLine } from "../../lib/activity/entry.ts";
import { createFollower } from "../../lib/activity/follow-logs.ts";
import { openLogFile } from "../../lib/activity/log-file.ts";
import { listLogs, logName, pruneLogs, targetInName } from "../../lib/activity/log-files.ts";
import { lastEntries, logsOf } from "../../lib/activity/read-logs.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp-logs-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = (atMs: number, text: string, more: Partial<LogEntry> = {}): LogEntry => ({
  ...{ atMs, level: "error", method: "tools/call", id: "7", text },
  ...more,
});

test("a line is read as it was written, whatever ids and texts hold", () => {
  for (const one of [
    entry(1_800_000_000_000, "cannot reach h: refused"),
    entry(1_800_000_000_001, "x", { method: null, id: null, level: "info" }),
    entry(1_800_000_000_002, "y", { id: '"a\\"b"', level: "warning" }),
  ])
    expect(parseLine(lineOf(one))).toEqual(one);
  const forged = lineOf(entry(1, "a\nb \u001b[31m https://h/?key=s3cret", { method: "x y\nz", id: '"a b"' }));
  expect(forged.split("\n")).toHaveLength(1);
  expect(forged).not.toContain("s3cret");
  expect(forged).not.toContain("\u001b");
  expect(parseLine(forged)).toMatchObject({ method: "x_y_z", id: '"a_b"' });
  expect(parseLine("junk")).toBeNull();
});

test("a full log is moved aside, two older ones are kept, and all are private", async () => {
  const path = join(folder, "deep", "a.log");
  const log = await openLogFile(path, 100);
  for (let at = 0; at < 10; at++) await log?.append(`${at} ${"x".repeat(60)}\n`);
  await log?.close();
  expect(readdirSync(join(folder, "deep")).sort()).toEqual(["a.log", "a.log.1", "a.log.2"]);
  expect(readFileSync(path, "utf8")).toStartWith("8 ");
  expect(readFileSync(`${path}.1`, "utf8")).toStartWith("6 ");
  for (const name of readdirSync(join(folder, "deep")))
    expect(statSync(join(folder, "deep", name)).mode & 0o777).toBe(0o600);
});

test("two processes may write to one log, and follow each other when it is moved", async () => {
  const path = join(folder, "a.log");
  const [one, other] = await Promise.all([openLogFile(path, 100), openLogFile(path, 100)]);
  for (let at = 0; at < 4; at++) {
    await one?.append(`one ${"x".repeat(60)}\n`);
    await other?.append(`other ${"x".repeat(60)}\n`);
  }
  const all = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  expect(all.join("").match(/^(one|other)/gm)?.length).toBeGreaterThanOrEqual(5);
  await Promise.all([one?.close(), other?.close()]);
});

test("what cannot be written is no trouble", async () => {
  writeFileSync(join(folder, "file"), "");
  expect(await openLogFile(join(folder, "file", "a.log"))).toBeNull();
  const full = await openLogFile("/dev/full");
  await full?.append("lost\n");
  await full?.close();
});

test("old logs go, the oldest first where there are too many", async () => {
  const now = Date.now();
  for (let at = 0; at < 105; at++) {
    const file = join(folder, logName("@svc", 1000 + at, now));
    writeFileSync(file, "");
    utimesSync(file, new Date(now - at * 1000), new Date(now - at * 1000));
  }
  const old = join(folder, logName("@svc", 1, now));
  writeFileSync(old, "");
  utimesSync(old, new Date(now - 15 * 86_400_000), new Date(now - 15 * 86_400_000));
  writeFileSync(join(folder, "mine.txt"), "");
  await pruneLogs(folder, now);
  expect(readdirSync(folder)).toHaveLength(101);
  expect(readdirSync(folder)).toContain("mine.txt");
  const pids = (await listLogs(folder)).map(({ pid }) => pid);
  expect([Math.min(...pids), Math.max(...pids)]).toEqual([1000, 1099]);
});

test("the logs of a target are found by its name or address", async () => {
  expect(targetInName("https://h.example:8/mcp?key=s3cret")).toBe("h.example_8_mcp");
  expect(targetInName("https://aux.example/", "linux")).toBe("aux.example");
  expect(targetInName("https://aux.example/", "win32")).toBe("host_aux.example");
  expect(targetInName("host_aux.example", "win32")).toBe("host_aux.example");
  for (const target of ["@svc", "https://h.example/mcp", "@other"])
    writeFileSync(join(folder, logName(target, 1, 0)), `${lineOf(entry(1000, target))}\n`);
  const texts = async (target?: string) =>
    (await lastEntries(await logsOf(folder, target, []), 10)).map(({ text }) => text).sort();
  expect(await texts("@SVC")).toEqual(["@svc"]);
  expect(await texts("https://h.example/mcp")).toEqual(["https://h.example/mcp"]);
  expect(await texts()).toEqual(["@other", "@svc", "https://h.example/mcp"]);
});

test("the last lines of all logs come in the order of time", async () => {
  for (const [pid, times] of [
    [1, [1000, 4000, 6000]],
    [2, [2000, 3000, 5000]],
  ] as const)
    writeFileSync(
      join(folder, logName("@svc", pid, 0)),
      times.map((at) => `${lineOf(entry(at, `t${at}`))}\n`).join(""),
    );
  const last = await lastEntries(await logsOf(folder, undefined, []), 4);
  expect(last.map(({ text }) => text)).toEqual(["t3000", "t4000", "t5000", "t6000"]);
});

test("a follower sees whole lines, logs that come later, and on when a log is moved aside", async () => {
  const path = join(folder, logName("@svc", 1, 0));
  writeFileSync(path, `${lineOf(entry(1, "before"))}\n`);
  const follower = createFollower(() => logsOf(folder, undefined, []));
  expect(await follower.begin()).toEqual([]);
  const log = await openLogFile(path, 150);
  await log?.append(lineOf(entry(2, "half")));
  expect(await follower.news()).toEqual([]);
  await log?.append("\n");
  expect((await follower.news()).map(({ text }) => text)).toEqual(["half"]);
  await log?.append(`${lineOf(entry(3, "filling ".repeat(10)))}\n`);
  await log?.append(`${lineOf(entry(4, "moved"))}\n`);
  writeFileSync(join(folder, logName("@late", 2, 0)), `${lineOf(entry(5, "late"))}\n`);
  const texts = (await follower.news()).map(({ text }) => text);
  expect(texts.at(-2)).toBe("moved");
  expect(texts.at(-1)).toBe("late");
  expect(texts[0]).toStartWith("filling");
  await follower.end();
  await log?.close();
});
