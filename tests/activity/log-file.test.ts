// The log of bridges, on a real disk.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLogFile } from "../../lib/activity/log-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a log that several write to is moved aside once when it is full: no line is lost before its time", async () => {
  const path = join(folder, "bridge.log");
  const logs = await Promise.all(Array.from({ length: 4 }, () => openLogFile(path, 4000)));
  const wanted: string[] = [];
  for (let n = 0; n < 50; n++)
    await Promise.all(
      logs.map((log, at) => {
        const line = `${at} ${String(n).padStart(3, "0")} ${"x".repeat(40)}`;
        wanted.push(line);
        return log?.append(`${line}\n`);
      }),
    );
  await Promise.all(logs.map((log) => log?.close()));
  const files = readdirSync(folder);
  const found = files.flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"));
  expect(files.sort()).toEqual(["bridge.log", "bridge.log.1", "bridge.log.2"]);
  expect(found.sort()).toEqual(wanted.sort());
});

test("a log that ends in half a line, as of a kill or a full disk, goes on in the next one", async () => {
  const path = join(folder, "bridge.log");
  writeFileSync(path, "whole\nhalf");
  const log = await openLogFile(path);
  await log?.append("new\n");
  await log?.close();
  expect(readFileSync(path, "utf8")).toBe("whole\nhalf\nnew\n");
});

test("two full ones are kept beside the log, each its owner's alone", async () => {
  const path = join(folder, "bridge.log");
  const log = await openLogFile(path, 100);
  for (let n = 0; n < 10; n++) await log?.append(`${n} ${"x".repeat(100)}\n`);
  await log?.close();
  const files = readdirSync(folder).sort();
  expect(files).toEqual(["bridge.log", "bridge.log.1", "bridge.log.2"]);
  expect(files.map((name) => readFileSync(join(folder, name), "utf8")[0])).toEqual(["9", "8", "7"]);
  for (const name of files) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});
