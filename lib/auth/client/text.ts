// Texts that users and machines hand on: secrets, ids, keys. Editors, shells and hosts leave their traces on them.

/** What a text of bytes says: UTF-8, or UTF-16 as PowerShell writes it; a byte order mark is no part of it. */
export function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  // Without a mark, every other byte of what is mostly ASCII is zero.
  if (bytes.length >= 4 && bytes.length % 2 === 0) {
    if (first !== 0 && second === 0 && bytes[3] === 0) return new TextDecoder("utf-16le").decode(bytes);
    if (first === 0 && second !== 0 && bytes[2] === 0) return new TextDecoder("utf-16be").decode(bytes);
  }
  return new TextDecoder("utf-8").decode(bytes);
}

/** A secret or id without what is around it by accident: a byte order mark, and line ends at its end. */
export const trimmedText = (text: string): string => text.replace(/^\ufeff/, "").replace(/[\r\n]+$/, "");

/** Forms of a variable or a placeholder that some program was to put a value for. */
const UNEXPANDED = [
  /^\$\{[^{}]*\}$/,
  /^%[A-Za-z_]\w*%$/,
  /^\{\{[^{}]*\}\}$/,
  /^\$\{\{[^{}]*\}\}$/,
  /^\$\([^()]*\)$/,
];
const PLACEHOLDER = [
  /^\$[A-Za-z_]\w*$/,
  /^<[^<>]*>$/,
  /^\[[^[\]]*\]$/,
  /^(YOUR|MY)[_-]?[A-Z_-]+$/i,
  /^(x{4,}|changeme)$/i,
];

const matches = (forms: RegExp[], text: string) => forms.some((form) => form.test(text.trim()));

/** Why a text cannot be what was meant; undefined where it can. It is never quoted: it may be the secret. */
export function faultIn(text: string): string | undefined {
  if (matches(UNEXPANDED, text.slice(0, 200))) return "it is a variable that nothing expanded";
  const control = /[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200d\u2060\ufeff\ufffd]/u.exec(text);
  if (!control) return undefined;
  const [char] = control;
  if (char === "\ufffd") return "it is not text in UTF-8 or UTF-16";
  const name = char === "\n" || char === "\r" ? "a newline" : "a control character or one that is not seen";
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `it holds ${name} (U+${code}) after ${control.index} characters`;
}

/** What seems wrong with a text that was refused; undefined where nothing does. */
export function doubtAbout(what: string, text: string): string | undefined {
  if (matches(UNEXPANDED, text.slice(0, 200)) || matches(PLACEHOLDER, text.slice(0, 200)))
    return `${what} looks like a placeholder or a variable that nothing expanded`;
  if (text !== text.trim()) return `${what} begins or ends with white space, which was sent too`;
  if (/^(["'`]).*\1$/s.test(text)) return `${what} stands in quotes, which were sent too`;
  return undefined;
}
