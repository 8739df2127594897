import { afterEach, beforeEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reasonOf } from "../../../lib/platform/files/files.ts";
import { type ReadLimits, readRegularFile } from "../../../lib/platform/files/read-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp-read-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const LIMITS: ReadLimits = { maxBytes: 1000, timeoutMs: 500 };
/** Beyond what anything takes that is decided at once. */
const PATIENT: Partial<ReadLimits> = { timeoutMs: 30_000 };
const path = (name: string) => join(folder, name);
/** What reading comes to, and how long that takes, in ms. */
async function outcome(file: string, limits: Partial<ReadLimits> = {}) {
  const startedMs = performance.now();
  const said = await readRegularFile(file, { ...LIMITS, ...limits }).then(
    ({ bytes }) => bytes.toString("utf8"),
    (error: unknown) => reasonOf(error),
  );
  return { said, tookMs: performance.now() - startedMs };
}

test("a regular file is read whole, with its permissions, through a link and at each size around a chunk", async () => {
  for (const size of [0, 1, 999, 1000]) {
    writeFileSync(path("file"), "x".repeat(size));
    expect((await outcome(path("file"))).said).toHaveLength(size);
  }
  chmodSync(path("file"), 0o640);
  symlinkSync("file", path("link"));
  const { bytes, mode } = await readRegularFile(path("link"), LIMITS);
  expect([bytes.length, mode]).toEqual([1000, 0o640]);
});

test("a file that says it is empty is read to its end, within the limit", async () => {
  const { said } = await outcome("/proc/self/status", { maxBytes: 100_000 });
  expect(said).toContain("Name:");
  expect((await outcome("/proc/self/status", { maxBytes: 10 })).said).toBe("it is larger than 1 KiB");
});

test("a file above the limit is refused, however large it is", async () => {
  writeFileSync(path("file"), "x".repeat(1001));
  expect((await outcome(path("file"))).said).toMatch(/^it is larger than/);
});

test("what is no regular file is refused at once by its kind", async () => {
  spawnSync("mkfifo", [path("pipe")]);
  mkdirSync(path("folder"));
  const server = createServer().listen(path("socket"));
  symlinkSync("/dev/zero", path("zero"));
  for (const [name, said] of [
    ["pipe", "it is a pipe, not a file"],
    ["folder", "it is a folder"],
    ["socket", "it is a socket, or a device that is not there"],
    ["zero", "it is a device, not a file"],
    ["none", "there is no such file or folder"],
  ] as const) {
    const seen = await outcome(path(name), PATIENT);
    expect([name, seen.said]).toEqual([name, said]);
    expect(seen.tookMs).toBeLessThan(5000);
  }
  server.close();
});

test("a pipe is read to its end where pipes are wanted, for as long as the time limit", async () => {
  spawnSync("mkfifo", [path("pipe")]);
  const writer = (script: string) => Bun.spawn(["sh", "-c", `exec >'${path("pipe")}'; ${script}`]);
  // Opened for writing before it is read: what is read of a pipe without a writer is nothing.
  const open = async (script: string) => {
    const child = writer(script);
    const keeper = Bun.spawn(["sh", "-c", `cat '${path("pipe")}' >/dev/null & sleep 0.1; kill $!`]);
    await keeper.exited;
    return child;
  };
  const slow = await open("sleep 0.3; printf one; sleep 0.2; printf two");
  expect((await outcome(path("pipe"), { pipes: true, timeoutMs: 5000 })).said).toBe("onetwo");
  await slow.exited;
  const silent = await open("exec sleep 3");
  expect((await outcome(path("pipe"), { pipes: true })).said).toBe("it gave nothing within 0.5 s");
  silent.kill();
  await silent.exited;
  const endless = await open("sleep 0.2; exec yes");
  expect((await outcome(path("pipe"), { pipes: true })).said).toMatch(/^it is larger than/);
  endless.kill();
  await endless.exited;
  expect((await outcome(path("pipe"), { pipes: true })).said).toBe("");
});
