import wrapAnsi from "wrap-ansi";

/** Columns that the text beside a name needs at least; with fewer it goes on at the line's own indent. */
const LEAST_COLUMNS = 24;

/** Lines fitted to a terminal: what is too long goes on below where its last column begins. */
export const wrapLines = (text: string, columns: number): string =>
  text
    .split("\n")
    .map((line) => (line.length <= columns ? line : wrapLine(line, columns)))
    .join("\n");

function wrapLine(line: string, columns: number): string {
  const indent = line.search(/\S/);
  const lastColumn = /^.*\S {2,}(?=\S)/.exec(line)?.[0].length ?? indent;
  const at = columns - lastColumn < LEAST_COLUMNS ? indent + 2 : lastColumn;
  const [first = "", ...rest] = wrapAnsi(line.slice(lastColumn), columns - at, { hard: false }).split("\n");
  const head =
    at === lastColumn
      ? `${line.slice(0, lastColumn)}${first}`
      : `${line.slice(0, lastColumn).trimEnd()}\n${" ".repeat(at)}${first}`;
  return [head, ...rest.map((part) => `${" ".repeat(at)}${part}`)].join("\n");
}
