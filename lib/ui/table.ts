import stringWidth from "string-width";
import { showControls } from "../controls.ts";

/** Letters that take one column each. Others go to the library, whose tables of emoji take 10 ms to read. */
const NARROW = /^[\x20-\x7e\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027]*$/;

/** Columns that a text takes at a terminal: East Asian letters and emoji take two. */
const widthOf = (text: string): number => (NARROW.test(text) ? text.length : stringWidth(text));

/**
 * Rows as lines with aligned columns, two spaces between; the last column may be of any length. A row is one line,
 * whatever its cells hold.
 */
export function table(texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map((cell) => showControls(cell)));
  const widths: number[] = [];
  for (const row of rows)
    row.slice(0, -1).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  const padded = (cell: string, column: number) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell));
  return rows
    .map((row) => [...row.slice(0, -1).map(padded), ...row.slice(-1)].join("  ").trimEnd())
    .join("\n");
}
