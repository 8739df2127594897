/** A text as bytes, one character a byte, each of which knows where in the text it came from. */
export interface Decoding {
  bytes: string;
  /** Where in the text the byte begins. */
  startOf(at: number): number;
  /** Where in the text the byte ends. */
  endOf(at: number): number;
}

/** Encodings within encodings are undone so often at most. */
const LEVELS = 3;

const NAMED: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };
const ESCAPED: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
/** One escape: percent encoding, HTML, JSON. The rest of a text stands for itself. */
const ESCAPE =
  /%([0-9a-f]{2})|&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));|\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|([^ux]))/giy;

/**
 * A text as it is and with its escapes undone, once and again; each also with `+` for a blank, as in forms. What is
 * sought in all of them is found however it was encoded.
 */
export const decodings = (text: string): Decoding[] => all(asBytes(text));

/** The same of bytes, one character a byte, which know no place in a text. */
export const decodingsOf = (bytes: string): Decoding[] =>
  all({ bytes, startOf: (at) => at, endOf: (at) => at + 1 });

function all(plain: Decoding): Decoding[] {
  const form = { ...plain, bytes: plain.bytes.replaceAll("+", " ") };
  return [...undone(plain), ...(form.bytes === plain.bytes ? [] : undone(form))];
}

function undone(from: Decoding): Decoding[] {
  const found = [from];
  for (let last = from; found.length <= LEVELS; ) {
    const next = withoutEscapes(last);
    if (next.bytes === last.bytes) break;
    found.push(next);
    last = next;
  }
  return found;
}

function asBytes(text: string): Decoding {
  const starts: number[] = [];
  let bytes = "";
  let at = 0;
  for (const char of text) {
    const encoded = Buffer.from(char, "utf8").toString("latin1");
    bytes += encoded;
    for (let count = 0; count < encoded.length; count++) starts.push(at);
    at += char.length;
  }
  return withPositions(bytes, starts, (byte) => {
    const start = starts[byte] ?? 0;
    return start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
  });
}

const withPositions = (bytes: string, starts: number[], endOf: (at: number) => number): Decoding => ({
  bytes,
  startOf: (at) => starts[at] ?? 0,
  endOf,
});

function withoutEscapes(from: Decoding): Decoding {
  const starts: number[] = [];
  const ends: number[] = [];
  let bytes = "";
  for (let at = 0; at < from.bytes.length; ) {
    ESCAPE.lastIndex = at;
    const match = ESCAPE.exec(from.bytes);
    const piece = match ? meaningOf(match) : from.bytes.charAt(at);
    const length = match?.[0].length ?? 1;
    for (let count = 0; count < piece.length; count++) {
      starts.push(from.startOf(at));
      ends.push(from.endOf(at + length - 1));
    }
    bytes += piece;
    at += length;
  }
  return withPositions(bytes, starts, (at) => ends[at] ?? 0);
}

/** What an escape stands for, as bytes. */
function meaningOf([all, percent, decimal, hex, named, unit, byte, escaped]: RegExpExecArray): string {
  if (percent !== undefined) return String.fromCharCode(Number.parseInt(percent, 16));
  const code = decimal ?? hex ?? unit ?? byte;
  const char =
    code !== undefined
      ? fromCode(Number.parseInt(code, decimal === undefined ? 16 : 10))
      : (NAMED[named?.toLowerCase() ?? ""] ?? ESCAPED[escaped ?? ""] ?? escaped ?? all);
  return code === undefined && named === undefined ? char : Buffer.from(char, "utf8").toString("latin1");
}

const fromCode = (code: number) => (code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd");
