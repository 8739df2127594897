import { decode, type Text, toText, trimText } from "../mcp/jsonrpc/bytes.ts";
import { joinPieces } from "../platform/runtime/long-buffers.ts";

/** Longest line accepted; a longer one is reported and skipped, so that memory stays bounded. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/** What framing yields: a line, or the report of one that was too long. */
export type Line = { text: Text } | { tooLong: number };

const LF = 10;

/**
 * Splits bytes into lines (MCP stdio framing): LF or CRLF, a BOM dropped, empty lines skipped, invalid UTF-8
 * replaced. Knows nothing of where the bytes come from.
 *
 * @param maxBytes longest line kept, in bytes
 */
export function createLineSplitter(maxBytes: number = MAX_LINE_BYTES) {
  let parts: Uint8Array[] = [];
  let length = 0;

  const take = (): Line | undefined => {
    const [first] = parts;
    const size = length;
    const pieces = parts;
    parts = [];
    length = 0;
    if (size > maxBytes) return { tooLong: size };
    const bytes = pieces.length === 1 && first ? first : joinPieces(pieces);
    const text = trimText(toText(bytes));
    return text.length === 0 ? undefined : { text };
  };
  const keep = (bytes: Uint8Array) => {
    length += bytes.length;
    if (length > maxBytes) parts = [];
    else if (bytes.length > 0) parts.push(bytes);
  };

  return {
    /** The lines completed by these bytes, which are the splitter's from now on. */
    push(bytes: Uint8Array): Line[] {
      const first = bytes.indexOf(LF);
      if (first === -1) {
        keep(bytes);
        return [];
      }
      keep(bytes.subarray(0, first));
      const begun = take();
      const lines = begun ? [begun] : [];
      const last = bytes.lastIndexOf(LF);
      if (last > first) lines.push(...whole(bytes.subarray(first + 1, last), maxBytes));
      keep(bytes.subarray(last + 1));
      return lines;
    },
    /** The last line, when the input ends without a newline. */
    end(): Line[] {
      const line = length > 0 ? take() : undefined;
      return line ? [line] : [];
    },
  };
}

/** Lines that came whole: decoded in one go, since many short ones come together when a client is busy. */
function whole(bytes: Uint8Array, maxBytes: number): Line[] {
  const lines: Line[] = [];
  for (const part of decode(bytes).split("\n")) {
    const text = part.trim();
    if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes)
      lines.push({ tooLong: Buffer.byteLength(text) });
    else if (text !== "") lines.push({ text });
  }
  return lines;
}
