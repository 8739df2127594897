// A table in the columns of a terminal.
import { expect, test } from "bun:test";
import { columnsShown } from "../../lib/ui/screen/columns.ts";
import type { Screen } from "../../lib/ui/screen/screen.ts";

const screen = (columns: number): Screen => ({ isTerminal: true, columns, colours: 0, images: undefined });
const ROWS = [
  ["@svc", "https://mcp.example.com/mcp", "mcp:read mcp:write"],
  ["@漢字", "x\u001b[2J", ""],
];

test("cells stand under their heading, by columns, and steer nothing", async () => {
  expect(await columnsShown(["NAME", "SERVER", "SCOPE"], ROWS, screen(80))).toBe(
    [
      "NAME   SERVER                       SCOPE",
      "@svc   https://mcp.example.com/mcp  mcp:read mcp:write",
      "@漢字  x\\u001b[2J",
    ].join("\n") as never,
  );
});

test("what is too long goes on below itself; no line is broader than the terminal", async () => {
  for (const columns of [30, 40, 50]) {
    const shown = await columnsShown(["NAME", "SERVER", "SCOPE"], ROWS, screen(columns));
    expect(Math.max(...shown.split("\n").map((line) => Bun.stringWidth(line)))).toBeLessThanOrEqual(columns);
    expect(shown.replace(/\s/g, "")).toContain("/mcp");
  }
  expect(await columnsShown(["NAME", "SCOPE"], [["@a", "one two three four"]], screen(16))).toBe(
    "NAME  SCOPE\n@a    one two\n      three four" as never,
  );
});

test("without room for columns each row is a block", async () => {
  expect(await columnsShown(["NAME", "SERVER", "SCOPE"], [["@a", "https://h.example", ""]], screen(15))).toBe(
    "@a\n  server https://h.example" as never,
  );
});
