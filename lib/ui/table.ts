import { showControls } from "../controls.ts";
import { textWidth } from "../platform/text-width.ts";

/**
 * Rows as lines with aligned columns, two spaces between; the last column may be of any length. A row is one line,
 * whatever its cells hold.
 */
export function table(texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map((cell) => showControls(cell)));
  const widths: number[] = [];
  for (const row of rows)
    row.slice(0, -1).forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, textWidth(cell));
    });
  const padded = (cell: string, column: number) => cell + " ".repeat((widths[column] ?? 0) - textWidth(cell));
  return rows
    .map((row) => [...row.slice(0, -1).map(padded), ...row.slice(-1)].join("  ").trimEnd())
    .join("\n");
}
