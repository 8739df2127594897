/** Longest line accepted; a longer one is reported and skipped, so that memory stays bounded. */
export const MAX_LINE_BYTES = 256 * 1024 * 1024;

/** What framing yields: a line's text, or the report of one that was too long. */
export type Line = { text: string } | { tooLong: number };

const LF = 10;

/**
 * Splits bytes into lines (MCP stdio framing): LF or CRLF, an initial BOM dropped, empty lines skipped, invalid
 * UTF-8 replaced. Knows nothing of where the bytes come from.
 *
 * @param maxBytes longest line kept, in bytes
 */
export function createLineSplitter(maxBytes: number = MAX_LINE_BYTES) {
  let parts: Uint8Array[] = [];
  let length = 0;
  const decoder = new TextDecoder();

  const take = (): Line | undefined => {
    const [first] = parts;
    const bytes = parts.length === 1 && first ? first : concat(parts, Math.min(length, maxBytes + 1));
    const size = length;
    parts = [];
    length = 0;
    if (size > maxBytes) return { tooLong: size };
    // TextDecoder drops a BOM at the start of each decoded text.
    const text = decoder.decode(bytes).trim();
    return text === "" ? undefined : { text };
  };
  const keep = (bytes: Uint8Array) => {
    length += bytes.length;
    if (length > maxBytes) parts = [];
    else if (bytes.length > 0) parts.push(bytes);
  };

  return {
    /** The lines completed by these bytes. */
    push(bytes: Uint8Array): Line[] {
      const lines: Line[] = [];
      let start = 0;
      for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
        keep(bytes.subarray(start, end));
        const line = take();
        if (line) lines.push(line);
        start = end + 1;
      }
      keep(bytes.subarray(start));
      return lines;
    },
    /** The last line, when the input ends without a newline. */
    end(): Line[] {
      const line = length > 0 ? take() : undefined;
      return line ? [line] : [];
    },
  };
}

function concat(parts: Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
