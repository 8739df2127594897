import { describe, expect, test } from "bun:test";
import { mayBeInexact, parseExactly } from "../../../lib/mcp/jsonrpc/exact-json.ts";

describe("numbers", () => {
  for (const text of [
    "12345678901234567890",
    "-12345678901234567890.123456789",
    "1e400",
    "0.1000000000000000000001",
    "9007199254740993",
  ])
    test(`${text} survives reading and writing`, () => {
      expect(JSON.stringify(parseExactly(`{"n":[${text}]}`))).toBe(`{"n":[${text}]}`);
      expect(mayBeInexact(text)).toBe(true);
    });

  test("that a double holds stay numbers, however they are spelled", () => {
    const text =
      '[1, -0.5, 1.50, 100e1, 0, 0.000, 9007199254740992, 1000000000000000000000, 1e-300, "1e400"]';
    expect(parseExactly(text)).toEqual(JSON.parse(text));
    expect(parseExactly(`{"long":1234567890123456789012,"short":7}`)).toMatchObject({ short: 7 });
  });

  test("what is no JSON is refused as ever", () => {
    expect(() => parseExactly('{"n":12345678901234567890')).toThrow(SyntaxError);
  });
});
