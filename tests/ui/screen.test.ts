import { describe, expect, test } from "bun:test";
import { colourChoice, createScreens, rawColourChoice, type Surface } from "../../lib/ui/screen/screen.ts";
import { marked, shown } from "../../lib/ui/screen/style.ts";

const terminal: Surface = { isTTY: true, columns: 100 };
const pipe: Surface = {};
const screenOf = (
  surface: Surface,
  env: Record<string, string> = { TERM: "xterm-256color" },
  choice?: string,
) => createScreens({ stdout: surface, stderr: {} }, env, colourChoice(choice)).out;

describe("colour", () => {
  const rows: [string, Surface, Record<string, string>, string | undefined, number][] = [
    ["a terminal", terminal, { TERM: "xterm-256color" }, undefined, 8],
    ["a terminal of sixteen", terminal, { TERM: "xterm" }, undefined, 4],
    ["one of many", terminal, { TERM: "xterm", COLORTERM: "truecolor" }, undefined, 24],
    ["a pipe", pipe, { TERM: "xterm-256color" }, undefined, 0],
    ["NO_COLOR", terminal, { NO_COLOR: "1" }, undefined, 0],
    ["NO_COLOR that is empty", terminal, { NO_COLOR: "" }, undefined, 4],
    ["CLICOLOR=0", terminal, { CLICOLOR: "0" }, undefined, 0],
    ["TERM=dumb", terminal, { TERM: "dumb" }, undefined, 0],
    ["FORCE_COLOR in a pipe", pipe, { FORCE_COLOR: "1" }, undefined, 4],
    ["FORCE_COLOR=0 at a terminal", terminal, { FORCE_COLOR: "0" }, undefined, 0],
    ["FORCE_COLOR that is empty", pipe, { FORCE_COLOR: "" }, undefined, 0],
    ["FORCE_COLOR beside NO_COLOR", pipe, { FORCE_COLOR: "3", NO_COLOR: "1" }, undefined, 24],
    ["CLICOLOR_FORCE in a pipe", pipe, { CLICOLOR_FORCE: "1" }, undefined, 4],
    ["CLICOLOR_FORCE=0", pipe, { CLICOLOR_FORCE: "0" }, undefined, 0],
    ["--color always in a pipe", pipe, { NO_COLOR: "1" }, "always", 4],
    ["--color never", terminal, { FORCE_COLOR: "1" }, "never", 0],
    ["--color auto", terminal, {}, "auto", 4],
  ];
  for (const [what, surface, env, choice, bits] of rows)
    test(`${what}: ${bits} bits`, () => expect(screenOf(surface, env, choice).colours).toBe(bits as 0));
  test("is known of raw arguments, before they are understood", () => {
    for (const [argv, env, choice] of [
      [["x", "--color", "never"], {}, "never"],
      [["--color=always", "x"], {}, "always"],
      [["--color"], {}, "auto"],
      [["--color", "odd"], { M2MCP_COLOR: "never" }, "auto"],
      [["x"], { M2MCP_COLOR: "never" }, "never"],
    ] as const)
      expect(rawColourChoice(argv, env)).toBe(choice);
  });
  test("another word is wrong usage", () => expect(() => colourChoice("yes")).toThrow("--color takes"));
});

describe("columns", () => {
  test("are the terminal's, or 80 where it does not say", () => {
    expect(screenOf(terminal).columns).toBe(100);
    expect(screenOf({ isTTY: true }).columns).toBe(80);
    expect(screenOf({ isTTY: true, columns: 0 }).columns).toBe(80);
  });
  test("are unknown in a pipe, which is fitted to nothing", () =>
    expect(screenOf({ columns: 70 }).columns).toBeUndefined());
});

test("a stream is asked when something is asked, and once", () => {
  let asked = 0;
  const surface = {
    get isTTY() {
      asked++;
      return true;
    },
  };
  const screens = createScreens({ stdout: surface, stderr: surface }, {}, "auto");
  expect(asked).toBe(0);
  expect([screens.out.isTerminal, screens.out.colours, screens.out.columns]).toEqual([true, 4, 80]);
  expect(asked).toBe(1);
});

describe("pictures", () => {
  const rows: [string, Record<string, string>, string | undefined][] = [
    ["Kitty", { TERM: "xterm-kitty" }, "kitty"],
    ["Ghostty", { TERM: "xterm-ghostty" }, "kitty"],
    ["Konsole", { KONSOLE_VERSION: "230804" }, "kitty"],
    ["an old Konsole", { KONSOLE_VERSION: "210400" }, undefined],
    ["iTerm2", { TERM_PROGRAM: "iTerm.app" }, "iterm2"],
    ["iTerm2 over SSH", { LC_TERMINAL: "iTerm2" }, "iterm2"],
    ["WezTerm", { TERM_PROGRAM: "WezTerm" }, "iterm2"],
    ["Kitty within tmux", { TERM: "tmux-256color", KITTY_WINDOW_ID: "1", TMUX: "/tmp/x" }, undefined],
    ["another terminal", { TERM: "xterm-256color" }, undefined],
  ];
  for (const [what, env, protocol] of rows)
    test(`${what}: ${protocol ?? "none"}`, () =>
      expect(screenOf(terminal, env).images).toBe(protocol as "kitty"));
  test("none in a pipe, whatever the terminal", () =>
    expect(screenOf(pipe, { TERM: "xterm-kitty" }).images).toBeUndefined());
});

test("marks stand around escaped text, and only where there is colour", () => {
  expect(shown("a\u001b[31m", screenOf(terminal), "error")).toBe(
    "\u001b[1;31ma\\u001b[31m\u001b[22;39m" as ReturnType<typeof shown>,
  );
  expect(shown("a", screenOf(pipe), "error")).toBe("a" as ReturnType<typeof shown>);
  expect(marked("", screenOf(terminal), "error")).toBe("" as ReturnType<typeof shown>);
});
