// Files of other programs are changed whole or not at all, and keep all but their content.
import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { synced } from "../../../lib/platform/files/files.ts";
import { replaceFile } from "../../../lib/platform/files/replace-file.ts";

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const bytes = (text: string) => Buffer.from(text);
const text = (name: string) => readFileSync(at(name), "utf8");
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "m2mcp-replace-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what is new belongs to its owner alone, with the folders on the way", async () => {
  expect(await replaceFile(at("a", "b", "file"), null, bytes("new"))).toBe("written");
  expect(text("a/b/file")).toBe("new");
  expect([statSync(at("a", "b", "file")).mode & 0o777, statSync(at("a")).mode & 0o777]).toEqual([
    0o600, 0o700,
  ]);
});

test("mode and owner stay", async () => {
  writeFileSync(at("file"), "old");
  chmodSync(at("file"), 0o664);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) Bun.spawnSync(["chown", "12345:12346", at("file")]);
  expect(await replaceFile(at("file"), bytes("old"), bytes("new"))).toBe("written");
  const { mode, uid, gid } = statSync(at("file"));
  expect([text("file"), mode & 0o777]).toEqual(["new", 0o664]);
  if (isRoot) expect([uid, gid]).toEqual([12345, 12346]);
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("what another program has written meanwhile stays", async () => {
  writeFileSync(at("file"), "theirs");
  expect(await replaceFile(at("file"), bytes("old"), bytes("new"))).toBe("changed");
  expect(await replaceFile(at("file"), null, bytes("new"))).toBe("changed");
  expect(await replaceFile(at("gone"), bytes("old"), bytes("new"))).toBe("changed");
  expect([text("file"), readdirSync(folder)]).toEqual(["theirs", ["file"]]);
});

test("links are followed to their end, be it at nothing", async () => {
  mkdirSync(at("real"));
  writeFileSync(at("real", "file"), "old");
  symlinkSync("real/file", at("first"));
  symlinkSync("first", at("second"));
  expect(await replaceFile(at("second"), bytes("old"), bytes("new"))).toBe("written");
  expect([text("real/file"), lstatSync(at("second")).isSymbolicLink()]).toEqual(["new", true]);
  symlinkSync("real/none", at("dangling"));
  expect(await replaceFile(at("dangling"), null, bytes("new"))).toBe("written");
  expect([text("real/none"), lstatSync(at("dangling")).isSymbolicLink()]).toEqual(["new", true]);
});

test("a file goes, and nothing of ours stays", async () => {
  writeFileSync(at("file"), "old");
  expect(await replaceFile(at("file"), bytes("old"), null)).toBe("written");
  expect(readdirSync(folder)).toEqual([]);
});

test("a read-only one is left alone", async () => {
  writeFileSync(at("file"), "old");
  chmodSync(at("file"), 0o400);
  expect(await replaceFile(at("file"), bytes("old"), bytes("new"))).toBe("read-only");
  expect(text("file")).toBe("old");
});

test("one process at a time: the lock of one that has died is taken, that of one at work is not", async () => {
  writeFileSync(at("file"), "old");
  writeFileSync(at("file.m2mcp-new"), "");
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(at("file.m2mcp-new"), longAgo, longAgo);
  expect(await replaceFile(at("file"), bytes("older"), bytes("x"))).toBe("changed");
  writeFileSync(at("file.m2mcp-new"), "");
  // The clock has been set back since.
  const ahead = new Date(Date.now() + 60_000);
  utimesSync(at("file.m2mcp-new"), ahead, ahead);
  expect(await replaceFile(at("file"), bytes("old"), bytes("new"))).toBe("written");
  writeFileSync(at("file.m2mcp-new"), "");
  const waiting = replaceFile(at("file"), bytes("new"), bytes("newer"));
  await Bun.sleep(200);
  expect(text("file")).toBe("new");
  rmSync(at("file.m2mcp-new"));
  expect([await waiting, text("file"), existsSync(at("file.m2mcp-new"))]).toEqual([
    "written",
    "newer",
    false,
  ]);
});

test("content that no disk has room for is not put in place; a disk that cannot sync takes it", async () => {
  const saying = (code: string) => ({ sync: () => Promise.reject(Object.assign(new Error(code), { code })) });
  for (const code of ["ENOSPC", "EDQUOT", "EIO"]) await expect(synced(saying(code))).rejects.toThrow(code);
  for (const code of ["EINVAL", "ENOTSUP"]) await synced(saying(code));
});
