import { expect, test } from "bun:test";
import { isDeeper } from "../lib/json.ts";
import { parseExactly } from "../lib/mcp/jsonrpc/exact-json.ts";

test("levels are those of lists and objects: a number beyond a double is none", () => {
  for (const text of ["[[1]]", '{"a":[1]}', "[[12345678901234567890]]", '[{"a":0.1000000000000000055}]']) {
    const value = parseExactly(text) ?? JSON.parse(text);
    expect([text, isDeeper(value, 1), isDeeper(value, 2)]).toEqual([text, true, false]);
  }
  expect(isDeeper("text", 0)).toBe(false);
});
