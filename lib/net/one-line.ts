import { showControls } from "../controls.ts";

/** Longest text of a server that is shown, in characters. */
const LONGEST = 300;

/**
 * Foreign text as one line for a person: cut before anything looks at it, white space in one piece, control characters
 * and bidirectional overrides as escapes.
 *
 * @param longest characters kept at most
 */
export function oneLine(text: string, longest: number = LONGEST): string {
  // Four times as much leaves enough where most of it is white space, and bounds the work.
  const line = showControls(
    text
      .slice(0, 4 * longest)
      .replace(/\s+/g, " ")
      .trim(),
  );
  const cut = line.length > longest || text.length > 4 * longest;
  return cut
    ? `${line
        .slice(0, longest)
        .toWellFormed()
        .replace(/\ufffd$/, "")}…`
    : line.toWellFormed();
}
