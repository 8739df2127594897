// The file of an audit, on a real disk: several processes, moved aside from within and from without, full.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAuditFile } from "../../lib/observation/audit/audit-file.ts";
import { readRotation } from "../../lib/observation/audit/rotate.ts";
import { sleep } from "../support/waiting.ts";

let folder = "";
const path = () => join(folder, "audit.jsonl");
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp-audit-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lineNo = (n: number, writer = "a") => JSON.stringify({ writer, n, pad: "x".repeat(200) });
const linesIn = (file: string): { writer: string; n: number; lost?: number }[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
const open = (more: { rotation?: { maxBytes: number; files: number } } = {}, warned: string[] = []) =>
  openAuditFile({ path: path(), warn: (line) => void warned.push(line), now: Date.now, ...more });

describe("the file of an audit", () => {
  test("is its owner's alone, and is added to", () => {
    for (let n = 0; n < 2; n++) {
      const file = open();
      file.write(lineNo(n));
      file.end();
    }
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(linesIn(path()).map(({ n }) => n)).toEqual([0, 1]);
  });

  test("goes on in a line of its own where who wrote before was killed within one", () => {
    writeFileSync(path(), `${lineNo(0)}\n{"writer":"dead","n`);
    const file = open();
    file.write(lineNo(1));
    file.write(lineNo(2));
    file.end();
    expect(readFileSync(path(), "utf8")).toBe(
      `${lineNo(0)}\n{"writer":"dead","n\n${lineNo(1)}\n${lineNo(2)}\n`,
    );
  });

  test("goes on in a new one when something moves it away", async () => {
    const file = open();
    file.write(lineNo(0));
    renameSync(path(), `${path()}.away`);
    await sleep(300);
    file.write(lineNo(1));
    file.end();
    expect(linesIn(`${path()}.away`)).toHaveLength(1);
    expect(linesIn(path()).map(({ n }) => n)).toEqual([1]);
  });

  test("is moved aside when it is full, and so many are kept", () => {
    const file = open({ rotation: { maxBytes: 4096, files: 2 } });
    for (let n = 0; n < 200; n++) file.write(lineNo(n));
    file.end();
    const files = readdirSync(folder).sort();
    expect(files).toEqual(["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"]);
    for (const name of files) expect(statSync(join(folder, name)).size).toBeLessThan(4096 + 1024);
    const kept = ["audit.jsonl.2", "audit.jsonl.1", "audit.jsonl"].flatMap((name) =>
      linesIn(join(folder, name)),
    );
    expect(kept.map(({ n }) => n)).toEqual(kept.map((_, at) => 200 - kept.length + at));
  });

  test("loses no line where it cannot be moved aside, as Windows moves none that another program holds", () => {
    mkdirSync(join(`${path()}.1`, "held"), { recursive: true });
    const warned: string[] = [];
    const file = open({ rotation: { maxBytes: 4096, files: 1 } }, warned);
    for (let n = 0; n < 100; n++) file.write(lineNo(n));
    file.end();
    expect([linesIn(path()).length, warned]).toEqual([100, []]);
    expect(existsSync(`${path()}.lock`)).toBe(false);
  });

  test("is moved aside though a lock is dated ahead, as one of a clock that was set back; a folder in its place loses no line", () => {
    const warned: string[] = [];
    const lock = `${path()}.lock`;
    const fill = () => {
      const file = open({ rotation: { maxBytes: 4096, files: 9 } }, warned);
      for (let n = 0; n < 100; n++) file.write(lineNo(n));
      file.end();
    };
    const ahead = new Date(Date.now() + 86_400_000);
    writeFileSync(lock, "");
    utimesSync(lock, ahead, ahead);
    fill();
    expect(existsSync(`${path()}.1`)).toBe(true);
    mkdirSync(lock);
    utimesSync(lock, ahead, ahead);
    fill();
    const all = readdirSync(folder).filter((name) => !name.endsWith(".lock"));
    expect(all.flatMap((name) => linesIn(join(folder, name)))).toHaveLength(200);
    expect(warned).toEqual([]);
  });

  test("of several processes loses no line and cuts none, while it is moved aside", async () => {
    const script = `
      const { openAuditFile } = await import(${JSON.stringify(join(import.meta.dir, "../../lib/observation/audit/audit-file.ts"))});
      const file = openAuditFile({ path: process.argv[1], rotation: { maxBytes: 64 * 1024, files: 500 }, warn: console.error, now: Date.now });
      for (let n = 0; n < 1500; n++) { file.write(JSON.stringify({ writer: process.argv[2], n, pad: "x".repeat(200) })); if (n % 50 === 0) await new Promise((r) => setTimeout(r, 1)); }
      file.end();`;
    const writers = ["a", "b", "c", "d"];
    const codes = await Promise.all(
      writers.map((name) => Bun.spawn([process.execPath, "-e", script, path(), name]).exited),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThan(5);
    expect(files).not.toContain("audit.jsonl.lock");
    const lines = files.flatMap((name) => linesIn(join(folder, name)));
    for (const writer of writers)
      expect(new Set(lines.filter((line) => line.writer === writer).map(({ n }) => n)).size).toBe(1500);
    expect(lines).toHaveLength(6000);
  }, 60_000);

  test.skipIf(!existsSync("/dev/full"))(
    "lets the call go on where the disk is full, and says so once",
    () => {
      const warned: string[] = [];
      const file = openAuditFile({
        path: "/dev/full",
        warn: (line) => void warned.push(line),
        now: Date.now,
      });
      for (let n = 0; n < 3; n++) file.write(lineNo(n));
      file.end();
      expect(warned).toEqual(["the audit cannot be written (ENOSPC): calls go on without"]);
    },
  );

  test("says how many lines are lost once it goes on", async () => {
    const warned: string[] = [];
    const file = open({}, warned);
    renameSync(path(), `${path()}.away`);
    mkdirSync(path());
    await sleep(300);
    file.write(lineNo(0));
    file.write(lineNo(1));
    rmdirSync(path());
    file.write(lineNo(2));
    file.end();
    expect(linesIn(path())).toMatchObject([{ lost: 2 }, { n: 2 }]);
    expect(warned).toEqual([
      "the audit cannot be written (EISDIR): calls go on without",
      "the audit goes on; 2 lines are lost",
    ]);
  });
});

test("sizes are read as they are written", () => {
  expect(readRotation("64MB,8")).toEqual({ maxBytes: 64 * 1024 * 1024, files: 8 });
  expect(readRotation("10kb")).toEqual({ maxBytes: 10 * 1024, files: 8 });
  expect(readRotation("off")).toBeUndefined();
  for (const wrong of ["", "64", "0MB", "64MB,", "-1MB", "64MB,8,9"])
    expect(() => readRotation(wrong)).toThrow("is no size");
});
