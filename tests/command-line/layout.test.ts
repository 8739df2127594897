import { expect, test } from "bun:test";
import { layOut } from "../../lib/command-line/help/layout.ts";

const laid = (columns: number | undefined, ...rows: [string, string][]) =>
  layOut([{ title: "T", parts: [{ rows }] }], columns)[0]?.body;

test("what a term means goes on below where it begins", () => {
  expect(laid(45, ["--scope SCOPE", "scopes to ask for, separated by spaces"])).toBe(
    "  --scope SCOPE  scopes to ask for, separated\n                 by spaces",
  );
});

test("below the term where that is long", () => {
  const long = "x".repeat(31);
  expect(laid(undefined, [long, "what it is"], ["short", "y"])).toBe(
    `  ${long}\n         what it is\n  short  y`,
  );
});

test("a no-break space holds a command together, and is a space where it is shown", () => {
  const [section] = layOut([{ parts: [{ text: `${"a ".repeat(18)}m2mcp\u00a0help` }] }], 40);
  expect(section?.body.split("\n")).toEqual(["a ".repeat(18).trim(), "m2mcp help"]);
});

test("a command that is too long goes on in the next line, what is quoted together", () => {
  const [section] = layOut([{ parts: [{ commands: [`m2mcp call ${"x".repeat(20)} 'a b c' --json`] }] }], 40);
  expect(section?.body).toBe(`m2mcp call ${"x".repeat(20)} \\\n  'a b c' --json`);
});

test("no line is broader than 100, and 40 columns are taken for granted", () => {
  const text = "word ".repeat(60).trim();
  const longest = (columns: number) =>
    Math.max(
      ...(layOut([{ parts: [{ text }] }], columns)[0]?.body ?? "").split("\n").map((line) => line.length),
    );
  expect([longest(300), longest(10)]).toEqual([99, 39]);
});
