import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "../../../lib/platform/files/remove-folder.ts";
import { writeNew } from "../../../lib/platform/files/write-new.ts";

test("on Windows a name that would be a stream, a device or another name is refused, and nothing is written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-new-"));
  for (const name of ["report:2.txt", "nul", "con.txt", "a?", "a."])
    await expect(writeNew(folder, name, Buffer.from("x"), false, "win32")).rejects.toMatchObject({
      code: "bad_name",
    });
  expect(readdirSync(folder)).toEqual([]);
  for (const name of ["report:2.txt", "nul", "a."])
    expect(await writeNew(folder, name, Buffer.from("x"), false, "linux")).toBe(true);
  expect(await writeNew(folder, "a b.txt", Buffer.from("x"), false, "win32")).toBe(true);
  rmSync(folder, { recursive: true });
});

test("a folder that was made for a moment goes, and one that is not there is no failure", async () => {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-gone-"));
  await writeNew(folder, "a", Buffer.from("x"), false);
  await removeFolder(folder);
  expect(readdirSync(tmpdir())).not.toContain(folder.slice(tmpdir().length + 1));
  await removeFolder(folder);
});
