/** A message as it travels: text, or UTF-8 bytes where it is long, since each turn into the other is a copy. */
export type Text = string | Uint8Array;

/** From this size on, a message stays bytes. */
export const LONG_BYTES = 128 * 1024;

const decoder = new TextDecoder();

let isUtf8: ((bytes: Uint8Array) => boolean) | undefined;

/** Loaded with the first long message. */
function isValid(bytes: Uint8Array): boolean {
  isUtf8 ??= process.getBuiltinModule("node:buffer").isUtf8;
  return isUtf8(bytes);
}

/** The text of these bytes; invalid UTF-8 is replaced, a BOM dropped. */
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

/** As a string, whichever it is. */
export const asString = (text: Text): string => (typeof text === "string" ? text : decode(text));

/** Bytes as `Text`: short ones decoded, long ones as they are when they are valid UTF-8. */
export function toText(bytes: Uint8Array): Text {
  return bytes.length >= LONG_BYTES && isValid(bytes) ? bytes : decode(bytes);
}

const BOM = [0xef, 0xbb, 0xbf];
const isSpace = (byte: number | undefined) =>
  byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;

/** Without white space and BOM around it. */
export function trimText(text: Text): Text {
  if (typeof text === "string") return text.trim();
  let start = 0;
  let end = text.length;
  if (BOM.every((byte, at) => text[at] === byte)) start = BOM.length;
  while (start < end && isSpace(text[start])) start++;
  while (end > start && isSpace(text[end - 1])) end--;
  return text.subarray(start, end);
}

const LF = 10;
const CR = 13;

/** A raw newline can stand only between JSON tokens, so a space in its place changes nothing. */
export function oneLine(text: Text): Text {
  const broken =
    typeof text === "string"
      ? text.includes("\n") || text.includes("\r")
      : text.includes(LF) || text.includes(CR);
  return broken
    ? asString(text)
        .replace(/[\r\n]+/g, " ")
        .trim()
    : text;
}
