import { expect, test } from "bun:test";
import { isAbsolutePath, isDeviceName, refusedName } from "../../../lib/platform/windows/paths.ts";

test.each([
  ["C:\\a", true],
  ["c:/a", true],
  ["\\\\server\\share\\a", true],
  ["//server/share", true],
  ["\\\\?\\C:\\long", true],
  ["C:a", false],
  ["\\a", false],
  ["/c/Users/me", false],
  ["a\\b", false],
  ["", false],
])("whether %s says by itself where it is: %p", (path, expected) =>
  expect(isAbsolutePath(path)).toBe(expected),
);

test.each(["con", "NUL", "aux.txt", "com1", "COM9.log", "lpt¹.m2mcp", "nul .txt", "prn.tar.gz", "conin$"])(
  "%s is a device's name",
  (name) =>
    expect([isDeviceName(name), refusedName(name)]).toEqual([true, expect.stringContaining("device")]),
);

test.each(["console", "com", "com10", "lpt", "nulls.txt", "a.con", "_con", "@con-1.log", "auxiliary.m2mcp"])(
  "%s is none",
  (name) => expect([isDeviceName(name), refusedName(name)]).toEqual([false, undefined]),
);

test.each([...'<>:"/\\|?*', "\n", "\0"])("no name holds %j", (letter) => {
  expect(refusedName(`a${letter}b.txt`)).toContain(letter < " " ? "control character" : `hold ${letter}`);
});

test("no name ends with a dot or a blank, as those would be left out", () => {
  expect([refusedName("a."), refusedName("a ")]).toEqual([expect.any(String), expect.any(String)]);
  expect([refusedName(".a"), refusedName(" a"), refusedName("a.b c")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
