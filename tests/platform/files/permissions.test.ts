import { expect, test } from "bun:test";
import type { FileHandle } from "node:fs/promises";
import { makePrivate } from "../../../lib/platform/files/permissions.ts";

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
