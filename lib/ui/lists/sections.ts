import { type Piece, rowsShown } from "../screen/rows.ts";
import type { Screen } from "../screen/screen.ts";
import { joined, marked, type Shown } from "../screen/style.ts";

/** A part of a page, with its title above: lines, or rows of three columns. */
export interface Section {
  title?: string;
  lines?: readonly Shown[];
  rows?: readonly { name: string; type: string; text: readonly Piece[] }[];
  /** Its lines are to be copied: they are not broken. */
  isWhole?: boolean;
}

/** Sections one below the other, a blank line between; those that hold nothing are left out. */
export async function sections(parts: readonly Section[], screen: Screen): Promise<Shown> {
  const shown: Shown[] = [];
  for (const part of parts) {
    const body = part.rows ? await rowsOf(part.rows, screen) : await linesOf(part, screen);
    if (body === "") continue;
    const title = part.title === undefined ? [] : [marked(`${part.title}:`, screen, "heading")];
    shown.push(joined([...title, body], "\n"));
  }
  return joined(shown, "\n\n");
}

const rowsOf = (rows: NonNullable<Section["rows"]>, screen: Screen): Promise<Shown> =>
  rowsShown(
    rows.map(({ name, type, text }) => ({ head: [{ text: `  ${name}`, role: "name" }, type], text })),
    screen,
  );

async function linesOf({ lines = [], isWhole = false }: Section, screen: Screen): Promise<Shown> {
  const text = joined(
    lines.filter((line) => line !== ""),
    "\n",
  );
  if (isWhole || screen.columns === undefined) return text;
  const { columns } = screen;
  const { wrapped } = await import("../screen/wrapped.ts");
  const fitted = (line: Shown): Shown => {
    const indent = line.search(/\S/);
    if (indent < 0) return line;
    return `${" ".repeat(indent)}${wrapped(line.slice(indent) as Shown, columns - indent, indent)}` as Shown;
  };
  return joined((text.split("\n") as Shown[]).map(fitted), "\n");
}
