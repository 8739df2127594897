import { showControls } from "../../controls.ts";
import { shortened } from "../../plain-text.ts";
import { textWidth } from "../../platform/text-width.ts";
import type { Screen } from "./screen.ts";
import { marked, type Role, type Shown } from "./style.ts";
import { wrapped } from "./wrapped.ts";

/** A piece of a cell, perhaps foreign: a cell is one line, whatever it holds. */
export type Piece = string | { readonly text: string; readonly role: Role };

/** One thing of a list: what it is, in columns, and what is said of it, as long as it likes. */
export interface Row {
  readonly head: readonly (Piece | readonly Piece[])[];
  /** One line, or several. */
  readonly text: string | readonly (Piece | readonly Piece[])[];
}

/** Columns that the text beside its head needs at least; with fewer it stands below. */
const LEAST_COLUMNS = 30;
/** Blanks before what goes on below. */
const INDENT = 4;
/** In a pipe longer cells are not waited for by the others. */
const LONGEST_ALIGNED = 60;
/** Characters of a line that are shown at a terminal. */
const LONGEST_LINE = 1000;

interface Cell {
  shown: Shown;
  width: number;
}

/** A row whose cells are measured. */
interface Measured {
  head: Cell[];
  lines: Cell[];
}

/**
 * Rows as lines. In a pipe each is as many lines as its text, whole. At a terminal none is broader than it: the text
 * goes on below itself, or where that would be narrow, stands below its head.
 */
export function rowsShown(rows: readonly Row[], screen: Screen): Shown {
  const { columns } = screen;
  const measured = rows.map((row) => measure(row, screen));
  const widths = columnWidths(measured, columns === undefined ? LONGEST_ALIGNED : Number.POSITIVE_INFINITY);
  let before = 0;
  for (const width of widths) before += width + 2;
  let shown = (row: Measured) => beside(row, widths, before);
  if (columns !== undefined) {
    const fits = measured.every(({ lines }) =>
      lines.every(({ width }) => columns - before >= Math.min(LEAST_COLUMNS, width)),
    );
    shown = ({ head, lines }) =>
      fits && before <= columns
        ? beside({ head, lines: fitted(lines, columns - before) }, widths, before)
        : below(headLines(head, columns), fitted(lines, columns - INDENT));
  }
  return measured.map(shown).join("\n") as Shown;
}

const measure = ({ head, text }: Row, screen: Screen): Measured => ({
  head: head.map((cell) => cellOf(cell, screen)),
  lines: (typeof text === "string" ? [text] : text).map((line) =>
    cellOf(screen.columns === undefined ? line : cut(line), screen),
  ),
});

function cellOf(pieces: Piece | readonly Piece[], screen: Screen): Cell {
  const parts = Array.isArray(pieces) ? (pieces as readonly Piece[]) : [pieces as Piece];
  const texts = parts.map((part) => ({
    text: showControls(typeof part === "string" ? part : part.text),
    role: typeof part === "string" ? undefined : part.role,
  }));
  return {
    shown: texts.map(({ text, role }) => marked(text, screen, role)).join("") as Shown,
    width: textWidth(texts.map(({ text }) => text).join("")),
  };
}

function cut(line: Piece | readonly Piece[]): Piece | readonly Piece[] {
  if (Array.isArray(line)) return line;
  const piece = line as Piece;
  return typeof piece === "string"
    ? shortened(piece, LONGEST_LINE)
    : { ...piece, text: shortened(piece.text, LONGEST_LINE) };
}

/** Of each column the broadest cell. */
function columnWidths(rows: readonly Measured[], longest: number): number[] {
  const widths: number[] = [];
  for (const { head } of rows)
    for (const [column, { width }] of head.entries())
      widths[column] = Math.max(widths[column] ?? 0, width <= longest ? width : 0);
  return widths;
}

const fitted = (lines: Cell[], columns: number): Cell[] =>
  lines.map(({ shown, width }) => ({ shown: width <= columns ? shown : wrapped(shown, columns, 0), width }));

const linesOf = (cells: Cell[]): string[] => cells.flatMap(({ shown }) => shown.split("\n"));

function beside({ head, lines }: Measured, widths: number[], before: number): string {
  const padded = head.map(
    ({ shown, width }, column) => shown + " ".repeat(Math.max(0, (widths[column] ?? 0) - width)),
  );
  const [first = "", ...more] = linesOf(lines);
  return [
    [...padded, first].join("  ").trimEnd(),
    ...more.map((line) => `${" ".repeat(before)}${line}`),
  ].join("\n");
}

/** A head by itself; only one that does not fit goes on below, and then leaves room for that on each line. */
function headLines(head: Cell[], columns: number): string {
  const cells = head.filter(({ width }) => width > 0);
  const line = cells.map(({ shown }) => shown).join("  ") as Shown;
  const width = cells.reduce((sum, cell) => sum + cell.width + 2, -2);
  return width <= columns ? line : wrapped(line, columns - INDENT, INDENT);
}

const below = (head: string, lines: Cell[]): string =>
  [
    head,
    ...linesOf(lines)
      .filter((line) => line !== "")
      .map((line) => `${" ".repeat(INDENT)}${line}`),
  ].join("\n");
