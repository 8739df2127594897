import { expect, test } from "bun:test";
import type { FileHandle } from "node:fs/promises";
import { exposed, makePrivate, readers } from "../../../lib/platform/files/permissions.ts";

/** A file of these permissions on a file system that answers `chmod` with this code. */
const refusing = (code: string, mode: number) =>
  ({
    chmod: async () => {
      throw Object.assign(new Error(code), { code });
    },
    stat: async () => ({ mode: 0o100000 | mode }),
  }) as unknown as FileHandle;

test("a file system that refuses chmod is no failure; whether others are kept out is what the mode says", async () => {
  for (const code of ["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "ENOTTY"]) {
    expect(await makePrivate(refusing(code, 0o600), 0o600)).toBe(true);
    expect(await makePrivate(refusing(code, 0o755), 0o600)).toBe(false);
  }
});

test("a chmod that fails for another reason is a failure", async () => {
  const failed = makePrivate(refusing("EIO", 0o600), 0o600);
  expect(
    await failed.then(
      () => "none",
      (error: Error) => error.message,
    ),
  ).toBe("EIO");
});

test("on Windows, whose bits are made up, none is exposed; who reads is what the folder says", async () => {
  expect(await exposed("/", "folder", 0o777, "win32")).toBeNull();
  const env = { USERPROFILE: "C:\\Users\\Ada", APPDATA: "D:\\Roaming" };
  for (const own of ["C:\\Users\\Ada\\x", "c:/users/ada/store", "D:\\Roaming\\m2mcp"])
    expect(readers(own, env, "win32")).toBe("readable by you alone");
  for (const open of ["C:\\m2mcp", "C:\\Users\\Adam\\x", "C:\\Users\\Ada\\..\\x", "\\\\s\\share\\x"])
    expect(readers(open, env, "win32")).toContain(`icacls "${open}"`);
  expect(readers("/tmp/x", env, "linux")).toBe("readable by you alone");
});
