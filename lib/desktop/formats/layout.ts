// How a text is laid out, so that what is added looks as if its owner had written it.

/** What a text ends its lines with; the first line tells. */
export const lineEnd = (text: string): string => (/\r?\n/.exec(text)?.[0] === "\r\n" ? "\r\n" : "\n");

/** The white space that the line of an offset begins with. */
export const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset))?.[0] ?? "";

/** Where what stands before an offset ends: white space goes with what follows it. */
export const endBefore = (text: string, offset: number): number => text.slice(0, offset).trimEnd().length;

/**
 * Where the lines before an offset end that stay when what stands there goes: its own line break goes with it, and so
 * many empty lines above it.
 */
export function lineBreakBefore(text: string, offset: number, emptyLines: number): number {
  const before = text.slice(0, offset);
  const own = before.length - before.replace(/(?:\r?\n)?[ \t]*$/, "").length;
  let at = before.length - own;
  for (let count = 0; count < emptyLines && text[at - 1] === "\n"; count++)
    at -= text[at - 2] === "\r" ? 2 : 1;
  return at;
}

/** Where a line ends, before its line end. */
export function endOfLine(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  if (end < 0) return text.length;
  return text[end - 1] === "\r" ? end - 1 : end;
}

/** A text with one part in place of another. */
export const spliced = (text: string, from: number, to: number, part: string): string =>
  text.slice(0, from) + part + text.slice(to);

/** One step of indentation, as the first indented line has it. @param usual where none is */
export function indentUnit(text: string, usual: string): string {
  const found = /^(?:(\t)|( {1,8}))(?=\S)/m.exec(text);
  return found?.[1] ?? found?.[2] ?? usual;
}
