import { showControls } from "../../controls.ts";
import { textWidth } from "../../platform/text-width.ts";
import type { Screen } from "./screen.ts";
import { marked, type Shown } from "./style.ts";

/** Blanks between columns. */
const GAP = 2;
/** A column is not made narrower than this for the others; with fewer columns than that takes, rows stand as blocks. */
const LEAST = 10;

/**
 * A table with a heading, in the columns of a terminal: cells that are too long go on below themselves. Where there is
 * no room for that, each row is a block of lines, one for each cell that holds something.
 *
 * @param rows cells by column, perhaps foreign; the first is the row's name
 */
export async function columnsShown(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  screen: Screen,
): Promise<Shown> {
  const cells = rows.map((row) => headings.map((_, at) => showControls(row[at] ?? "")));
  const natural = headings.map((heading, at) =>
    Math.max(textWidth(heading), ...cells.map((row) => textWidth(row[at] ?? ""))),
  );
  const room = (screen.columns ?? Number.POSITIVE_INFINITY) - GAP * (headings.length - 1);
  const widths = fitted(natural, room);
  const { wrapped } = await import("./wrapped.ts");
  if (!widths) return joined(cells.map((row) => block(headings, row, screen)));
  const heading = line(
    headings.map((text) => [marked(text, screen, "heading")]),
    headings.map(textWidth),
    widths,
  );
  const lines = cells.map((row) => {
    const parts = row.map((text, at) => wrapped(text as Shown, widths[at] ?? 1, 0).split("\n"));
    const height = Math.max(...parts.map((part) => part.length));
    return Array.from({ length: height }, (_, below) => {
      const texts = parts.map((part) => part[below] ?? "");
      const shown = texts.map((text, at) => [at === 0 ? marked(text, screen, "name") : (text as Shown)]);
      return line(shown, texts.map(textWidth), widths);
    }).join("\n");
  });
  return joined([heading, ...lines]);
}

/** Widths that fit together: the broadest give way first. Undefined where each would be narrower than the least. */
function fitted(natural: readonly number[], room: number): number[] | undefined {
  const widths = [...natural];
  for (let over = sum(widths) - room; over > 0; over--) {
    const broadest = Math.max(...widths);
    if (broadest <= LEAST) return undefined;
    widths[widths.indexOf(broadest)] = broadest - 1;
  }
  return widths;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

const line = (cells: Shown[][], lengths: number[], widths: readonly number[]): string =>
  cells
    .map((cell, at) => cell.join("") + " ".repeat(Math.max(0, (widths[at] ?? 0) - (lengths[at] ?? 0))))
    .join(" ".repeat(GAP))
    .trimEnd();

const block = (
  headings: readonly string[],
  [name = "", ...more]: readonly string[],
  screen: Screen,
): string =>
  [
    marked(name, screen, "name"),
    ...more.flatMap((text, at) => (text === "" ? [] : [`  ${headings[at + 1]?.toLowerCase()} ${text}`])),
  ].join("\n");

const joined = (parts: readonly string[]): Shown => parts.join("\n") as Shown;
