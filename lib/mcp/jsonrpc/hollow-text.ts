// A long JSON text without the insides of its long strings: what is to be parsed of a message that passes on as bytes.
// Its text and its tree would each be as large as itself, and memory touched for the first time costs more than reading.

/** Stands for the inside of a long string; as JSON has it, a NUL. */
export const HOLLOW = "\0";
const HOLLOW_SOURCE = '\\u0000"';

/** Strings up to this long are kept, in bytes. */
const SHORT_BYTES = 1024;
/** What may be kept beyond a quarter of what was looked at, in bytes: a text of many short strings is better parsed. */
const KEPT_BYTES = 32 * 1024;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;

/**
 * The text with `HOLLOW` in each long string, whose inside was found to be valid: the text is JSON if what is given back
 * is, with the same tree but for those strings. No line feed was left out, since a string has none.
 *
 * @param bytes valid UTF-8
 * @returns undefined where a long string is invalid (RFC 8259 §7), or little could be left out
 */
export function hollowText(bytes: Uint8Array): string | undefined {
  const words = wordsOf(bytes);
  let kept = "";
  let keptTo = 0;
  for (let at = bytes.indexOf(QUOTE); at !== -1; ) {
    const inside = at + 1;
    const end = endOfString(bytes, words, inside);
    if (end === -1) return undefined;
    if (end - inside > SHORT_BYTES) {
      kept += textOf(bytes, keptTo, inside) + HOLLOW_SOURCE;
      keptTo = end + 1;
    }
    if (kept.length + end - keptTo > KEPT_BYTES + end / 4) return undefined;
    at = nextQuote(bytes, end + 1);
  }
  if (kept.length + bytes.length - keptTo > KEPT_BYTES + bytes.length / 4) return undefined;
  return kept + textOf(bytes, keptTo, bytes.length);
}

/** Whether no string in it was long. */
export const hasNoHollow = (parsed: unknown): boolean =>
  !JSON.stringify(parsed).includes(HOLLOW_SOURCE.slice(0, -1));

const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");

/** Near ones are found by hand: a search costs more than it saves. */
function nextQuote(bytes: Uint8Array, from: number): number {
  for (let at = from; at < from + 16; at++) if (bytes[at] === QUOTE) return at;
  return bytes.indexOf(QUOTE, from + 16);
}

/** The same memory in words of four bytes, from the first whole one on. */
interface Words {
  words: Int32Array;
  /** Where the first one begins, in bytes. */
  start: number;
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array): Words {
  const start = Math.min(length, (4 - (byteOffset & 3)) & 3);
  return { words: new Int32Array(buffer, byteOffset + start, (length - start) >> 2), start };
}

/** Where a string ends, at its quote; -1 where it does not, or is no string of JSON. */
function endOfString(bytes: Uint8Array, { words, start }: Words, inside: number): number {
  for (let at = inside; at < bytes.length; ) {
    if (((at - start) & 3) === 0 && at >= start) {
      at = start + 4 * firstSpecial(words, (at - start) >> 2);
      if (at >= bytes.length) return -1;
    }
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at;
    if (byte < FIRST_PRINTABLE) return -1;
    if (byte !== BACKSLASH) at++;
    else {
      const length = escapeLength(bytes, at + 1);
      if (length === 0) return -1;
      at += 1 + length;
    }
  }
  return -1;
}

/** The first word from `from` on in which a byte ends a string, escapes, or controls; the number of words where none does. */
function firstSpecial(words: Int32Array, from: number): number {
  let at = from;
  for (; at < words.length; at++) {
    const word = words[at] ?? 0;
    const quotes = word ^ 0x22222222;
    const slashes = word ^ 0x5c5c5c5c;
    // A byte below n borrows: (x - n) & ~x has its highest bit.
    const below =
      ((word - 0x20202020) & ~word) | ((quotes - 0x01010101) & ~quotes) | ((slashes - 0x01010101) & ~slashes);
    if ((below & 0x80808080) !== 0) break;
  }
  return at;
}

const U = 0x75;
/** What may stand behind a backslash beside `u` (RFC 8259 §7). */
const ESCAPED = new Set(new TextEncoder().encode('"\\/bfnrt'));

/** How long the escape is that begins behind a backslash, in bytes; 0 where it is none. */
function escapeLength(bytes: Uint8Array, at: number): number {
  const byte = bytes[at] ?? 0;
  if (byte !== U) return ESCAPED.has(byte) ? 1 : 0;
  for (let digit = at + 1; digit <= at + 4; digit++) if (!isHex(bytes[digit] ?? 0)) return 0;
  return 5;
}

const isHex = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
