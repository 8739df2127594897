// What people on Windows are told and shown: names that PowerShell leaves alone, and JSON as each of its shells takes it.
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inQuotes, jsonHint, nothingOnStdin, pasteable } from "../../../lib/platform/windows/pasteable.ts";
import { type Shell, shellOf, windowsWord } from "../../../lib/platform/windows/shell.ts";

test.each([
  ["m2mcp @svc tools-list", 'm2mcp "@svc" tools-list'],
  ["m2mcp install @svc, where one shall use it", 'm2mcp install "@svc", where one shall use it'],
  ["m2mcp logout @a.b; m2mcp @c ping", 'm2mcp logout "@a.b"; m2mcp "@c" ping'],
  ['m2mcp "@svc" ping', 'm2mcp "@svc" ping'],
  ["search query='red shoes' limit=5, it's one", 'search query="red shoes" limit=5, it\'s one'],
  ["key:='{\"a\": 1}'", "key:='{\"a\": 1}'"],
  ["there is no profile @svc in m2mcp's folder", "there is no profile @svc in m2mcp's folder"],
  ["npx @m2mcp/win32", "npx @m2mcp/win32"],
])("the command in %s can be pasted into PowerShell and cmd", (text, pasted) => {
  expect([pasteable(text, "win32"), pasteable(text, "linux")]).toEqual([pasted, text]);
});

test("hints speak of Windows' shells on Windows alone", () => {
  expect([inQuotes("win32"), inQuotes("linux")]).toEqual([expect.stringContaining('"@svc"'), ""]);
  expect([nothingOnStdin("win32"), nothingOnStdin("darwin")]).toEqual([
    expect.stringMatching(/<NUL.*\$null/),
    "</dev/null",
  ]);
});

test.each(["{a:1}", "[x,y]", '{ "a" : 1'.replaceAll('"', ""), "{a:{b:c}}"])(
  "JSON that is %s has lost its quotes to a shell",
  (text) => {
    expect(jsonHint(text, "usual", "win32")).toContain('\\"');
    expect(jsonHint(text, "usual", "linux")).toBe("usual");
  },
);
test.each(['{"a":1', "[1,2", "{1}", ""])("JSON that is %s is only wrong", (text) =>
  expect(jsonHint(text, "usual", "win32")).toBe("usual"),
);

const MACHINE =
  "C:\\Program Files\\WindowsPowerShell\\Modules;C:\\Windows\\system32\\WindowsPowerShell\\v1.0\\Modules";
test.each<[Record<string, string>, Shell]>([
  [{ PSModulePath: MACHINE }, "cmd"],
  [{}, "cmd"],
  [{ PSModulePath: `C:\\Users\\a\\Documents\\WindowsPowerShell\\Modules;${MACHINE}` }, "powershell"],
  [
    {
      PSMODULEPATH: `C:\\Users\\a\\OneDrive\\PowerShell\\Modules;c:\\program files\\powershell\\7\\Modules;${MACHINE}`,
    },
    "pwsh",
  ],
  [{ PSModulePath: MACHINE, MSYSTEM: "MINGW64" }, "posix"],
])("the shell of %j is %s", (env, shell) => {
  expect([shellOf(env, "win32"), shellOf(env, "linux")]).toEqual([shell, "posix"]);
});

describe("one word", () => {
  test.each<[string, string | undefined, string | undefined, string | undefined]>([
    // A text, as cmd, PowerShell 5.1 and PowerShell 7.3 want it.
    ["m2mcp", "m2mcp", "m2mcp", "m2mcp"],
    ["limit:=2", "limit:=2", "limit:=2", "limit:=2"],
    ["C:\\a\\b", "C:\\a\\b", "C:\\a\\b", "C:\\a\\b"],
    ["@svc", '"@svc"', '"@svc"', '"@svc"'],
    ["-x", '"-x"', '"-x"', '"-x"'],
    ["", '""', '""', '""'],
    ["query=red shoes", '"query=red shoes"', '"query=red shoes"', '"query=red shoes"'],
    ["a=it's R&D", '"a=it\'s R&D"', '"a=it\'s R&D"', '"a=it\'s R&D"'],
    ['a:={"b":1}', '"a:={\\"b\\":1}"', "'a:={\\\"b\\\":1}'", "'a:={\"b\":1}'"],
    ['a:="x \\" y"', '"a:=\\"x \\\\\\" y\\""', '\'a:=\\"x \\\\\\" y\\"\'', '\'a:="x \\" y"\''],
    ["a=$HOME `x`", '"a=$HOME `x`"', "'a=$HOME `x`'", "'a=$HOME `x`'"],
    ["a=it's $5", '"a=it\'s $5"', "'a=it''s $5'", "'a=it''s $5'"],
    ["a=C:\\my files\\", '"a=C:\\my files\\\\"', "'a=C:\\my files\\\\'", "'a=C:\\my files\\'"],
    ["a=100% of x", undefined, "'a=100% of x'", "'a=100% of x'"],
    ['a:={"b":"R&D"}', undefined, '\'a:={\\"b\\":\\"R&D\\"}\'', '\'a:={"b":"R&D"}\''],
    ["a\nb", undefined, undefined, undefined],
  ])("%j", (text, cmd, powershell, pwsh) => {
    expect([windowsWord(text, "cmd"), windowsWord(text, "powershell"), windowsWord(text, "pwsh")]).toEqual([
      cmd,
      powershell,
      pwsh,
    ]);
  });
});

test("the page on Windows writes JSON as each shell's examples are written", () => {
  const page = readFileSync(join(import.meta.dir, "../../../docs/install.md"), "utf8");
  for (const [title, shell] of [
    ["PowerShell 7.3 and later", "pwsh"],
    ["Windows PowerShell 5.1", "powershell"],
    ["cmd", "cmd"],
  ] as const) {
    const [, row = ""] = new RegExp(`^\\| ${title} +\\| (.*) \\|$`, "m").exec(page) ?? [];
    expect(row).toContain(
      `m2mcp ${windowsWord("@svc", shell)} tools-call t ${windowsWord('k:={"a": 1}', shell)}`,
    );
  }
});
