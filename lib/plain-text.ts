// Texts that users and machines hand on: editors, shells and hosts leave their traces on them.

/** What a text of bytes says: UTF-8, or UTF-16 as PowerShell writes it; a byte order mark is no part of it. */
export const textOf = (bytes: Uint8Array): string => new TextDecoder(utf16Of(bytes) ?? "utf-8").decode(bytes);

/** The same of bytes that are text as a whole; undefined where some would arrive as something else. */
export function wholeTextOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(utf16Of(bytes) ?? "utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What stands in a text for bytes that were none. */
export const REPLACED = "\ufffd";

/** The kind of UTF-16 that bytes are in; undefined for UTF-8. */
export function utf16Of(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  // Without a mark, every other byte of what is mostly ASCII is zero.
  if (bytes.length < 4 || bytes.length % 2 !== 0) return undefined;
  if (first !== 0 && second === 0 && bytes[3] === 0) return "utf-16le";
  return first === 0 && second !== 0 && bytes[2] === 0 ? "utf-16be" : undefined;
}

/** A secret or id without what is around it by accident: a byte order mark, and line ends at its end. */
export function trimmedText(text: string): string {
  let end = text.length;
  // By index: an expression that looks for the end takes the square of the line ends before it.
  while (end > 0 && (text[end - 1] === "\n" || text[end - 1] === "\r")) end--;
  return text.slice(text.startsWith("\ufeff") ? 1 : 0, end);
}

/** The beginning of a text that is too long, with `…` for the rest: in all so many characters at most, and none cut in two. */
export const shortened = (text: string, longest: number): string =>
  text.length <= longest
    ? text
    : `${text
        .slice(0, longest - 1)
        .toWellFormed()
        .replace(/\ufffd$/, "")}…`;

/** Forms of a variable that some program was to put a value for. */
const UNEXPANDED = [
  /^\$\{[^{}]*\}$/,
  /^%[A-Za-z_]\w*%$/,
  /^\{\{[^{}]*\}\}$/,
  /^\$\{\{[^{}]*\}\}$/,
  /^\$\([^()]*\)$/,
  /^\$env:\w+$/i,
  /^\{(env|file):[^{}]*\}$/,
  /^#\{[^{}]*\}$/,
  /^%\(\w+\)s$/,
];

/** How all of them begin: to compile nine expressions takes a hundredth of a start, and hardly a text begins so. */
const BEGINNINGS = ["$", "%", "{", "#"];

/** Whether a text is as a whole a variable that nothing expanded, as in the settings of a host that expands none. */
export function isUnexpanded(text: string): boolean {
  if (text.length > 200) return false;
  const trimmed = text.trim();
  return BEGINNINGS.includes(trimmed.charAt(0)) && UNEXPANDED.some((form) => form.test(trimmed));
}
