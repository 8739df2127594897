// Characters that steer a terminal, forge a line or turn the direction of text round.

/** C0, C1, line and paragraph separators, byte order mark, and Unicode's bidi controls. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Text with its control characters shown as escapes, `\u001b`. @param kept those that stay, `"\n\t"` for one */
export const showControls = (text: string, kept = ""): string =>
  text.replace(CONTROLS, (char) => (kept.includes(char) ? char : escapeOf(char)));

const escapeOf = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** JSON text in which nothing but its own line ends and spaces is a control character: the same value still. */
export const showControlsInJson = (json: string): string => showControls(json, "\n");
