import { fitted } from "../screen/fitted.ts";
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
export function sections(parts: readonly Section[], screen: Screen): Shown {
  const shown: Shown[] = [];
  for (const part of parts) {
    const body = part.rows ? rowsOf(part.rows, screen) : linesOf(part, screen);
    if (body === "") continue;
    const title = part.title === undefined ? [] : [marked(`${part.title}:`, screen, "heading")];
    shown.push(joined([...title, body], "\n"));
  }
  return joined(shown, "\n\n");
}

const rowsOf = (rows: NonNullable<Section["rows"]>, screen: Screen): Shown =>
  rowsShown(
    rows.map(({ name, type, text }) => ({ head: [{ text: `  ${name}`, role: "name" }, type], text })),
    screen,
  );

function linesOf({ lines = [], isWhole = false }: Section, screen: Screen): Shown {
  const text = joined(
    lines.filter((line) => line !== ""),
    "\n",
  );
  return isWhole ? text : fitted(text, screen, 0);
}
