import { expect, test } from "bun:test";
import { parseExactly } from "../../lib/mcp/exact-json.ts";

test("numbers that a double cannot hold are written as they were read", () => {
  for (const text of [
    '{"a":12345678901234567890,"b":[-9007199254740993],"c":{"d":0.12345678901234567890123}}',
    `[1${"0".repeat(400)}]`,
    '{"id":7,"n":123456789012345678}',
  ])
    expect(JSON.stringify(parseExactly(text))).toBe(text);
});

test("all else is what JSON.parse makes of it", () => {
  for (const text of [
    '{"a":1,"b":[true,null,"12345678901234567890"],"c":0.1,"d":9007199254740991,"e":-0.30000000000000004}',
    "1e3",
    '"1234567890123456"',
  ])
    expect(parseExactly(text)).toEqual(JSON.parse(text));
  expect(() => parseExactly("{nope 12345678901234567890")).toThrow(SyntaxError);
});
