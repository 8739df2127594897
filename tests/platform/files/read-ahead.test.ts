import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReadAhead } from "../../../lib/platform/files/read-ahead.ts";

let folder: string;
let ahead: ReturnType<typeof createReadAhead>;
beforeEach(() => {
  ahead = createReadAhead();
  folder = mkdtempSync(join(tmpdir(), "m2mcp-ahead-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, name);
const textOf = async (name: string, maxBytes = 100) =>
  (await ahead.read(path(name), maxBytes))?.bytes.toString("utf8") ?? null;

test("a file that is read ahead is taken once, and read anew from then on", async () => {
  writeFileSync(path("file"), "first");
  ahead.begin([path("file"), path("none")]);
  await Bun.sleep(20);
  writeFileSync(path("file"), "second");
  writeFileSync(path("none"), "by now");
  expect([await textOf("file"), await textOf("file")]).toEqual(["first", "second"]);
  expect([await textOf("none"), await textOf("none")]).toEqual([null, "by now"]);
});

test("a file that was read ahead counts for a moment alone, and within the limit of who asks", async () => {
  writeFileSync(path("file"), "first");
  ahead.begin([path("file")]);
  await Bun.sleep(150);
  writeFileSync(path("file"), "second");
  expect(await textOf("file")).toBe("second");
  ahead.begin([path("file")]);
  await expect(textOf("file", 3)).rejects.toThrow("it is larger than 1 KiB");
});

test("a file is read under a lock as it is then", async () => {
  writeFileSync(path("file"), "first");
  ahead.begin([path("file")]);
  await Bun.sleep(20);
  writeFileSync(path("file"), "second");
  ahead.end();
  expect(await textOf("file")).toBe("second");
  ahead.begin([path("file")]);
  writeFileSync(path("file"), "third");
  expect(await textOf("file")).toBe("third");
});
