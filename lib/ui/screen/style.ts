import { showControls } from "../../controls.ts";
import type { Screen } from "./screen.ts";

/** What a word is, for who looks over the lines. */
export type Role =
  | "name"
  | "error"
  | "warning"
  | "hint"
  | "muted"
  | "safe"
  | "danger"
  | "heading"
  | "strong"
  | "emphasis"
  | "code"
  | "address"
  | "match";

/**
 * Of the terminal's own colours, so that both dark and light schemes have it their way; but none of the bright ones
 * (yellow, cyan) for words to be read: on white paper few schemes darken them enough.
 */
const CODES: Record<Role, readonly [on: string, off: string]> = {
  name: ["1", "22"],
  heading: ["1", "22"],
  error: ["1;31", "22;39"],
  danger: ["31", "39"],
  warning: ["1;35", "22;39"],
  hint: ["1", "22"],
  safe: ["32", "39"],
  muted: ["2", "22"],
  strong: ["1", "22"],
  emphasis: ["3", "23"],
  code: ["35", "39"],
  address: ["4", "24"],
  match: ["1;31", "22;39"],
};

/** Text for a screen in which nothing foreign steers it: only what is made in this folder and of its parts. */
export type Shown = string & { readonly __shown: true };

/** A text on a screen, marked as what it is; control characters in it are shown. @param role none for plain text */
export const shown = (text: string, screen: Screen, role?: Role): Shown =>
  marked(showControls(text), screen, role);

/** Lines of a text. Control characters in it are shown, but for line ends and tabs. */
export const shownLines = (text: string): Shown =>
  showControls(text.replaceAll("\r\n", "\n"), "\n\t") as Shown;

/** Parts, one behind the other. */
export const joined = (parts: readonly Shown[], between = ""): Shown => parts.join(between) as Shown;

/** Our own words, or text that is safe already, marked as what they are. */
export function marked(text: string, screen: Screen, role?: Role): Shown {
  if (role === undefined || text === "" || screen.colours === 0) return text as Shown;
  const [on, off] = CODES[role];
  return `\u001b[${on}m${text}\u001b[${off}m` as Shown;
}
