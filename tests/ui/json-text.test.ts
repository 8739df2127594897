import { describe, expect, test } from "bun:test";
import { parseExactly } from "../../lib/mcp/jsonrpc/exact-json.ts";
import { jsonText } from "../../lib/ui/json-text.ts";
import { toolResult } from "../../lib/ui/render.ts";

const lists = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

describe("JSON as text", () => {
  test("is indented as ever up to a depth that people mean", () => {
    const value = { a: [1, { b: undefined, c: null }], d: "x" };
    expect(jsonText(value, 2)).toBe(JSON.stringify(value, null, 2));
    expect(jsonText(value)).toBe(JSON.stringify(value));
  });

  test("stands on one line where it is nested deeper, the same value still", () => {
    for (const nested of [lists(300), objects(300)]) {
      const text = `{"x":${nested},"y":[1,"a\\"",true,null,{}],"z":[]}`;
      expect(jsonText({ ...JSON.parse(text), none: undefined }, 2)).toBe(text);
    }
  });

  test("keeps numbers beyond a double, however deep", () => {
    const text = `[${lists(300)},12345678901234567890]`;
    expect(jsonText(parseExactly(text), 2)).toBe(text);
  });

  test("is written whatever the depth, in memory and time that grow with it alone", () => {
    for (const nested of [lists(200_000), objects(200_000)]) {
      const began = performance.now();
      expect(jsonText(JSON.parse(nested), 2)).toBe(nested);
      expect(toolResult({ content: [{ type: "x", a: JSON.parse(nested) }] })).toContain(nested);
      expect(performance.now() - began).toBeLessThan(3000);
    }
  });
});
