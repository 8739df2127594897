// Windows' rules for finding and starting programs, as values: the disk is a list of paths.
import { describe, expect, test } from "bun:test";
import { windowsEditor } from "../../../lib/platform/programs/editor.ts";
import {
  searchFolders,
  systemProgram,
  windowsShell,
  windowsStart,
  windowsVariable,
} from "../../../lib/platform/windows/programs.ts";

const on = (...files: string[]) => {
  const there = new Set(files.map((file) => file.toLowerCase()));
  return (path: string) => there.has(path.toLowerCase());
};
const ENV = { Path: '.;C:\\Windows;tools;"C:\\Program Files\\az";D:\\npm', SystemRoot: "C:\\Windows" };

test("a variable is found whatever its capitals are", () => {
  expect(windowsVariable({ Path: "a" }, "PATH")).toBe("a");
  expect(windowsVariable({ PATH: "a" }, "Path")).toBe("a");
  expect(windowsVariable({}, "PATH")).toBeUndefined();
});

test("the current folder and folders below it are no part of the search; quotes are", () => {
  expect(searchFolders(ENV.Path)).toEqual(["C:\\Windows", "C:\\Program Files\\az", "D:\\npm"]);
});

test("Windows' own programs and its shell are named whole, so that none of that name in the current folder is run", () => {
  expect(systemProgram("tasklist.exe", ENV)).toBe("C:\\Windows\\System32\\tasklist.exe");
  expect(systemProgram("tasklist.exe", { SYSTEMROOT: "D:\\W" })).toBe("D:\\W\\System32\\tasklist.exe");
  expect(systemProgram("tasklist.exe", { SystemRoot: "W", windir: "E:\\W" })).toBe(
    "C:\\Windows\\System32\\tasklist.exe",
  );
  expect(systemProgram("tasklist.exe", { windir: "E:\\W" })).toBe("E:\\W\\System32\\tasklist.exe");
  expect(windowsShell({ ...ENV, ComSpec: "C:\\Windows\\system32\\cmd.exe" })).toBe(
    "C:\\Windows\\system32\\cmd.exe",
  );
  for (const odd of ["cmd.exe", "C:\\pwsh.exe", ""])
    expect(windowsShell({ ...ENV, ComSpec: odd })).toBe("C:\\Windows\\System32\\cmd.exe");
});

describe("a program", () => {
  test("is started by itself where it is one, its arguments as they are", () => {
    const start = windowsStart("az", ["a b", '"'], ENV, on("D:\\npm\\az.exe"));
    expect(start).toEqual({ file: "D:\\npm\\az.exe", args: ["a b", '"'], isVerbatim: false });
  });
  test("is the first on PATH, and in a folder the first by PATHEXT", () => {
    const all = on("D:\\npm\\az.exe", "C:\\Program Files\\az\\az.cmd", "C:\\Program Files\\az\\az.com");
    expect(windowsStart("az", [], ENV, all)?.file).toBe("C:\\Program Files\\az\\az.com");
    expect(windowsStart("az", [], { ...ENV, PATHEXT: ".JS;.CMD" }, all)?.file).toBe(
      "C:\\Windows\\System32\\cmd.exe",
    );
    expect(windowsStart("az.exe", [], ENV, all)?.file).toBe("D:\\npm\\az.exe");
  });
  test("is not taken from the current folder", () => {
    expect(windowsStart("az", [], ENV, on("az.exe", ".\\az.exe", "tools\\az.exe"))).toBeUndefined();
  });
  test("with a folder is where it says", () => {
    expect(windowsStart("D:\\x\\az", [], ENV, on("D:\\x\\az.exe"))?.file).toBe("D:\\x\\az.exe");
    expect(windowsStart("D:\\y\\az", [], ENV, on("D:\\x\\az.exe", "D:\\npm\\az.exe"))).toBeUndefined();
  });
});

describe("a batch file", () => {
  const lineOf = (...args: string[]) => windowsStart("az", args, ENV, on("C:\\Program Files\\az\\az.cmd"));
  test("is run by cmd, on a line that is quoted already", () => {
    expect(lineOf("a")).toEqual({
      file: "C:\\Windows\\System32\\cmd.exe",
      args: ["/e:ON", "/v:OFF", "/d", "/s", "/c", '""C:\\Program Files\\az\\az.cmd" "a""'],
      isVerbatim: true,
    });
  });
  test.each([
    ["a b&c|d>e^f", '"a b&c|d>e^f"'],
    ["", '""'],
    ['say "hi" & calc', '"say ""hi"" & calc"'],
    ["C:\\a\\", '"C:\\a\\\\"'],
    ['\\"', '"\\\\"""'],
    ["%PATH%", '"%%cd:~,%PATH%%cd:~,%"'],
    ["!PATH!", '"!PATH!"'],
  ])("is given %s as one argument that is nothing to cmd", (argument, quoted) => {
    expect(lineOf(argument)?.args.at(-1)).toBe(`""C:\\Program Files\\az\\az.cmd" ${quoted}"`);
  });
  test("is given no second line, which would be a command", () => {
    for (const odd of ["a\nb", "a\r", "a\0"]) expect(() => lineOf(odd)).toThrow("several lines");
  });
});

test.each([
  ["notepad", 'notepad "C:\\t\\a.jsonc"'],
  ["code --wait", 'code --wait "C:\\t\\a.jsonc"'],
  ["C:\\Program Files\\N\\n.exe", '"C:\\Program Files\\N\\n.exe" "C:\\t\\a.jsonc"'],
  ['"C:\\Program Files\\N\\n.exe" -w', '"C:\\Program Files\\N\\n.exe" -w "C:\\t\\a.jsonc"'],
])("the editor %s is started by its own line", (editor, line) => {
  expect(windowsEditor(editor, "C:\\t\\a.jsonc", on("C:\\Program Files\\N\\n.exe"))).toBe(line);
});
