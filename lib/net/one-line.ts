/** Longest text of a server that is shown, in characters. */
const LONGEST = 300;

/** C0, C1, line and paragraph separators, and what turns the direction of text round (Unicode bidi controls). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Foreign text as one line for a person: cut before anything looks at it, white space in one piece, control characters
 * and bidirectional overrides as escapes.
 *
 * @param longest characters kept at most
 */
export function oneLine(text: string, longest: number = LONGEST): string {
  // Four times as much leaves enough where most of it is white space, and bounds the work.
  const line = text
    .slice(0, 4 * longest)
    .replace(/\s+/g, " ")
    .trim()
    .replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const cut = line.length > longest || text.length > 4 * longest;
  return cut
    ? `${line
        .slice(0, longest)
        .toWellFormed()
        .replace(/\ufffd$/, "")}…`
    : line.toWellFormed();
}
