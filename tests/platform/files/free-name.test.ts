import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeName } from "../../../lib/platform/files/free-name.ts";

test("a name is free at once: on Windows by another name, since a file that is open keeps its own", async () => {
  const done: string[] = [];
  const disk = {
    rename: async (from: string, to: string) => void done.push(`rename ${from} ${to.replace(/-.*/, "-…")}`),
    unlink: async (path: string) => void done.push(`unlink ${path.replace(/-.*/, "-…")}`),
  };
  await freeName("locks/a.lock", "win32", disk);
  expect(done).toEqual(["rename locks/a.lock locks/.tmp-…", "unlink locks/.tmp-…"]);
  done.length = 0;
  await freeName("locks/a.lock", "linux", disk);
  expect(done).toEqual(["unlink locks/a.lock"]);
});

test("a name that is freed leaves no file behind, and one that cannot be freed is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-free-"));
  const file = join(folder, "a.lock");
  for (const platform of ["win32", "linux"]) {
    writeFileSync(file, "");
    await freeName(file, platform);
    expect(readdirSync(folder)).toEqual([]);
    await expect(freeName(file, platform)).rejects.toThrow("ENOENT");
  }
  rmSync(folder, { recursive: true });
  expect(existsSync(folder)).toBe(false);
});
