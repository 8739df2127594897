import { describe, expect, test } from "bun:test";
import { memberSource, partsOf } from "../../../lib/mcp/jsonrpc/source-text.ts";

describe("the parts of a JSON text", () => {
  test.each([
    ["[]", [""]],
    ["[1, 1.0 ,1e2]", ["1", "1.0", "1e2"]],
    [' [ [1,[2]] , {"a":[3,{}]} ] ', ["[1,[2]]", '{"a":[3,{}]}']],
    ['["a,]", "\\"", "\\\\", "{"]', ['"a,]"', '"\\""', '"\\\\"', '"{"']],
    ['{"a":1,"b":{"c":[1,2]}}', ['"a":1', '"b":{"c":[1,2]}']],
    ["7", []],
  ] as [string, string[]][])("of %s", (json, parts) => {
    expect(partsOf(json)).toEqual(parts);
  });

  test("of a text of megabytes are found at once", () => {
    const json = `[${'{"a":"\\\\\\"[{,","b":[[]]},'.repeat(200_000)}0]`;
    const startedMs = performance.now();
    expect(partsOf(json)).toHaveLength(200_001);
    // In time that grew with the square of the length it would be hours.
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});

describe("the source text of a member", () => {
  test.each([
    ['{"id":1.0}', "1.0"],
    ['{"params":{"id":2},"id" : 9007199254740993 }', "9007199254740993"],
    ['{"id":1,"id":1.0}', "1.0"],
    ['{"\\u0069d":5}', "5"],
    ['{"a:\\"id\\":1":2,"id":[{"id":3}]}', '[{"id":3}]'],
    ['{"a":{"id":1}}', undefined],
    ["{}", undefined],
  ] as const)("id in %s", (json, source) => {
    expect(memberSource(json, "id")).toBe(source as string);
  });
});
