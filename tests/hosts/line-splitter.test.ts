import { describe, expect, test } from "bun:test";
import { createLineSplitter, type Line } from "../../lib/hosts/line-splitter.ts";
import { LONG_BYTES } from "../../lib/mcp/jsonrpc/bytes.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
/** What the splitter makes of the pieces; long lines as text, to compare them. */
function split(pieces: Uint8Array[], maxBytes?: number): (string | { tooLong: number })[] {
  const splitter = createLineSplitter(maxBytes);
  const lines: Line[] = pieces.flatMap((piece) => splitter.push(piece)).concat(splitter.end());
  return lines.map((line) => {
    if (!("text" in line)) return line;
    return typeof line.text === "string" ? line.text : new TextDecoder().decode(line.text);
  });
}

describe("lines", () => {
  test("come out the same wherever the bytes are cut", () => {
    const whole = bytes('\ufeff{"a":1}\r\n\n  {"ü":"𝄞\u2028"}\t\n\r\n{"last":true}');
    const expected = ['{"a":1}', '{"ü":"𝄞\u2028"}', '{"last":true}'];
    expect(split([whole])).toEqual(expected);
    for (let at = 0; at <= whole.length; at++)
      expect(split([whole.subarray(0, at), whole.subarray(at)])).toEqual(expected);
    expect(split([...whole].map((_, at) => whole.subarray(at, at + 1)))).toEqual(expected);
  });

  test("too long ones are reported with their size, and the next ones read", () => {
    const whole = bytes(`short\n${"x".repeat(40)}\nähnlich\n${"é".repeat(20)}\nend`);
    const expected = ["short", { tooLong: 40 }, "ähnlich", { tooLong: 40 }, "end"];
    expect(split([whole], 30)).toEqual(expected);
    for (let at = 0; at <= whole.length; at++)
      expect(split([whole.subarray(0, at), whole.subarray(at)], 30)).toEqual(expected);
  });

  test("long ones stay bytes, without BOM and white space around", () => {
    const long = `{"x":"${"é".repeat(LONG_BYTES)}"}`;
    const splitter = createLineSplitter();
    const whole = bytes(`\ufeff  ${long} \r\n{}\n`);
    const lines = [...splitter.push(whole.subarray(0, 1000)), ...splitter.push(whole.subarray(1000))];
    expect(lines.map((line) => "text" in line && typeof line.text)).toEqual(["object", "string"]);
    expect(split([whole.subarray(0, 1000), whole.subarray(1000)])).toEqual([long, "{}"]);
  });

  test("invalid UTF-8 is replaced, in short lines and in long ones", () => {
    const bad = Buffer.concat([bytes('{"x":"'), Buffer.from([0xff, 0xc3]), bytes('"}')]);
    expect(split([Buffer.concat([bad, bytes("\n")])])).toEqual(['{"x":"\ufffd\ufffd"}']);
    const long = Buffer.concat([
      bytes(`{"y":"${"y".repeat(LONG_BYTES)}`),
      Buffer.from([0xff]),
      bytes('"}\n'),
    ]);
    expect(split([long.subarray(0, 10), long.subarray(10)])).toEqual([
      `{"y":"${"y".repeat(LONG_BYTES)}\ufffd"}`,
    ]);
  });
});
