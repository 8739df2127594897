import { showControls } from "../../controls.ts";
import type { Screen } from "./screen.ts";
import { marked, type Role, type Shown } from "./style.ts";
import { widthOf } from "./width.ts";
import type { wrapped } from "./wrapped.ts";

/** A piece of a cell, perhaps foreign: a cell is one line, whatever it holds. */
export type Piece = string | { readonly text: string; readonly role: Role };

/** One thing of a list: what it is, in columns, and what is said of it. */
export interface Row {
  readonly head: readonly (Piece | readonly Piece[])[];
  /** As long as it likes. */
  readonly text: Piece;
}

/** Columns that the text beside its head needs at least; with fewer it stands below. */
const LEAST_COLUMNS = 30;
/** Blanks before what goes on below. */
const INDENT = 4;
/** In a pipe longer cells are not waited for by the others. */
const LONGEST_ALIGNED = 60;
/** Characters of a text that are shown at a terminal. */
const LONGEST_TEXT = 1000;

interface Cell {
  shown: Shown;
  width: number;
}

/**
 * Rows as lines. In a pipe each is one line, whole. At a terminal none is broader than it: the text goes on below
 * itself, or where that would be narrow, stands below its head.
 */
export async function rowsShown(rows: readonly Row[], screen: Screen): Promise<Shown> {
  const cells = rows.map(({ head, text }) => ({
    head: head.map((cell) => cellOf(cell, screen)),
    text: cellOf(screen.columns === undefined ? text : shortened(text), screen),
  }));
  const widths = columnWidths(cells.map(({ head }) => head));
  const before = widths.reduce((sum, width) => sum + width + 2, 0);
  const { columns } = screen;
  if (columns === undefined) return lines(cells.map(({ head, text }) => aligned(head, text.shown, widths)));
  const { wrapped: wrap } = await import("./wrapped.ts");
  const fits = columns - before >= LEAST_COLUMNS || cells.every(({ text }) => before + text.width <= columns);
  return lines(
    cells.map(({ head, text }) =>
      fits
        ? aligned(head, wrap(text.shown, columns - before, before), widths)
        : below(headLines(head, columns, wrap), wrap(text.shown, columns - INDENT, INDENT)),
    ),
  );
}

function cellOf(pieces: Piece | readonly Piece[], screen: Screen): Cell {
  const parts = Array.isArray(pieces) ? (pieces as readonly Piece[]) : [pieces as Piece];
  const texts = parts.map((part) => ({
    text: showControls(typeof part === "string" ? part : part.text),
    role: typeof part === "string" ? undefined : part.role,
  }));
  return {
    shown: texts.map(({ text, role }) => marked(text, screen, role)).join("") as Shown,
    width: widthOf(texts.map(({ text }) => text).join("")),
  };
}

function shortened(piece: Piece): Piece {
  const text = typeof piece === "string" ? piece : piece.text;
  if (text.length <= LONGEST_TEXT) return piece;
  const cut = `${text.slice(0, LONGEST_TEXT).toWellFormed()}…`;
  return typeof piece === "string" ? cut : { ...piece, text: cut };
}

/** Of each column the broadest cell; what nothing stands in takes no room. */
function columnWidths(heads: readonly Cell[][]): number[] {
  const widths: number[] = [];
  for (const head of heads)
    for (const [column, { width }] of head.entries())
      widths[column] = Math.max(widths[column] ?? 0, width <= LONGEST_ALIGNED ? width : 0);
  return widths;
}

function aligned(head: Cell[], text: Shown, widths: number[]): string {
  const padded = head.flatMap(({ shown, width }, column) => {
    const broadest = widths[column] ?? 0;
    return broadest === 0 && width === 0 ? [] : [shown + " ".repeat(Math.max(0, broadest - width))];
  });
  return [...padded, text].join("  ").trimEnd();
}

/** A head by itself; only one that does not fit goes on below, and then leaves room for that on each line. */
function headLines(head: Cell[], columns: number, wrap: typeof wrapped): Shown {
  const cells = head.filter(({ width }) => width > 0);
  const line = cells.map(({ shown }) => shown).join("  ") as Shown;
  const width = cells.reduce((sum, cell) => sum + cell.width + 2, -2);
  return width <= columns ? line : wrap(line, columns - INDENT, INDENT);
}

const below = (head: Shown, text: Shown): string =>
  text === "" ? head : `${head}\n${" ".repeat(INDENT)}${text}`;

const lines = (parts: string[]): Shown => parts.join("\n") as Shown;
