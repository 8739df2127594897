import { describe, expect, test } from "bun:test";
import { check } from "../../lib/schema/check.ts";
import { unknownNames } from "../../lib/schema/unknown-names.ts";

const told = async (value: object, schema: unknown) =>
  (await check(value as Record<string, unknown>, schema)).map(({ path, says }) =>
    `${path.join(".")} ${says}`.trim(),
  );
const of = (schema: object, more: object = {}) => ({ type: "object", properties: { a: schema }, ...more });

describe("what does not fit:", () => {
  const rows: [string, object, object, string[]][] = [
    ["nothing", { a: 1 }, of({ type: "number" }), []],
    ["a type", { a: "x" }, of({ type: "number" }), ["a wants number"]],
    ["an enum", { a: "x" }, of({ enum: ["b", "c"] }), ['a wants "b" | "c"']],
    [
      "a branch",
      { a: true },
      of({ anyOf: [{ type: "integer" }, { type: "null" }] }),
      ["a wants integer | null"],
    ],
    [
      "the limit of the branch that is meant",
      { a: 0 },
      of({ anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }] }),
      ["a must be at least 1"],
    ],
    [
      "behind a reference",
      { a: 1 },
      { ...of({ $ref: "#/$defs/x" }), $defs: { x: { type: "string" } } },
      ["a wants string"],
    ],
    [
      "missing",
      {},
      of({ type: "string" }, { required: ["a", "b"] }),
      ["a is missing (string)", "b is missing"],
    ],
    [
      "one of two missing",
      {},
      of({}, { anyOf: [{ required: ["a"] }, { required: ["b"] }] }),
      ["needs a or b"],
    ],
    ["not known", { a: 1, b: 2 }, of({}, { additionalProperties: false }), ["b is not known"]],
    [
      "not known within",
      { a: { x: 1 } },
      of({ type: "object", properties: {}, additionalProperties: false }),
      ["a.x is not known"],
    ],
    ["not evaluated", { b: 2 }, { allOf: [of({})], unevaluatedProperties: false }, ["b is not known"]],
    ["an item", { a: ["x", 1] }, of({ type: "array", items: { type: "string" } }), ["a.1 wants string"]],
    [
      "an item too many",
      { a: ["x", 1] },
      of({ prefixItems: [{ type: "string" }], items: false }),
      ["a.1 is one too many"],
    ],
    [
      "numbers",
      { a: 7 },
      of({ maximum: 5, multipleOf: 2 }),
      ["a must be at most 5", "a must be a multiple of 2"],
    ],
    ["lengths", { a: "" }, of({ minLength: 1 }), ["a must have at least 1 character"]],
    [
      "lists",
      { a: [1, 1] },
      of({ minItems: 3, uniqueItems: true }),
      ["a must have at least 3 items", "a must not have the same item twice"],
    ],
    ["a pattern", { a: "x" }, of({ pattern: "^[0-9]+$" }), ["a must match ^[0-9]+$"]],
    ["a pattern that no linear engine reads", { a: "x" }, of({ pattern: "(?=b)" }), []],
    [
      "names by pattern",
      { n1: "x", m: 1 },
      { patternProperties: { "^n": { type: "number" } }, additionalProperties: false },
      ["n1 wants number", "m is not known"],
    ],
    ["a format is a remark", { a: "x" }, of({ format: "email" }), []],
    [
      "all at once",
      { a: "x", c: 1 },
      { ...of({ type: "number" }, { required: ["b"], additionalProperties: false }) },
      ["b is missing", "a wants number", "c is not known"],
    ],
    [
      "draft-07: tuples",
      { a: [1] },
      {
        $schema: "http://json-schema.org/draft-07/schema#",
        ...of({ items: [{ type: "string" }], additionalItems: false }),
      },
      ["a.0 wants string"],
    ],
    [
      "draft-07: definitions",
      { a: 1 },
      {
        $schema: "http://json-schema.org/draft-07/schema#",
        ...of({ $ref: "#/definitions/x" }),
        definitions: { x: { type: "string" } },
      },
      ["a wants string"],
    ],
    [
      "by its own $id",
      { a: 1 },
      {
        $id: "https://x.example/s",
        ...of({ $ref: "https://x.example/s#/$defs/x" }),
        $defs: { x: { type: "string" } },
      },
      ["a wants string"],
    ],
    [
      "names that need escapes",
      { "a/b~c d": 1 },
      { properties: { "a/b~c d": { type: "string" } } },
      ["a/b~c d wants string"],
    ],
  ];
  test.each(rows)("%s", async (_, value, schema, faults) =>
    expect((await told(value, schema)).sort()).toEqual(faults.sort()),
  );
});

describe("a schema that cannot be used is said to be that, soon:", () => {
  const twice = (at: number) => [{ $ref: `#/$defs/${at}` }, { $ref: `#/$defs/${at}` }];
  const doubling = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [at, { anyOf: twice(at + 1) }]));
  let deep: object = { type: "string" };
  for (let level = 0; level < 100_000; level++) deep = { items: deep };
  const rows: [string, object, RegExp][] = [
    ["a wrong type", { type: 5 }, /wrong type/],
    ["a type that is none", { type: "int" }, /wrong type/],
    ["required as a word", { required: "a" }, /wrong required/],
    ["no schema", { properties: { a: 5 } }, /something else/],
    ["a reference to nowhere", { $ref: "#/$defs/x" }, /refers to/],
    ["a reference to elsewhere", { $ref: "https://example.com/schema" }, /refers to/],
    ["a circle", { $ref: "#" }, /circle|too long/],
    [
      "doubling references",
      { $ref: "#/$defs/0", $defs: { ...doubling, 60: { type: "string" } } },
      /too long/,
    ],
    ["too deep", deep, /too deep/],
    ["too large", { anyOf: Array.from({ length: 30_000 }, () => ({ type: "string" })) }, /too large/],
  ];
  test.each(rows)("%s", async (_, schema, words) => {
    const began = performance.now();
    await expect(check({ a: 1 }, schema)).rejects.toThrow(words);
    await check({ a: 1 }, schema).catch(() => {});
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test("a pattern that takes others for ever", async () => {
    const began = performance.now();
    const value = { a: `${"a".repeat(5000)}b`, ["a".repeat(5000)]: 1 };
    const schema = of({ pattern: "^(a+)+$" }, { patternProperties: { "^(a|a)*b$": false } });
    expect(await told(value, schema)).toEqual(["a must match ^(a+)+$"]);
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test("a long list is not searched for duplicates", async () => {
    const began = performance.now();
    expect(
      await told({ a: Array.from({ length: 100_000 }, (_, at) => at) }, of({ uniqueItems: true })),
    ).toEqual([]);
    expect(performance.now() - began).toBeLessThan(3000);
  });
});

test("names that a schema allows without knowing them", () => {
  const names = (value: object, schema: unknown) =>
    unknownNames(value as Record<string, unknown>, schema).map(({ path, isInvited }) => [
      path.join("."),
      isInvited,
    ]);
  expect(names({ a: 1, b: 2 }, of({}))).toEqual([["b", false]]);
  expect(names({ b: 2 }, of({}, { additionalProperties: true }))).toEqual([["b", true]]);
  expect(names({ b: 2 }, of({}, { additionalProperties: { type: "number" } }))).toEqual([]);
  expect(names({ b: 2 }, of({}, { additionalProperties: false }))).toEqual([]);
  expect(names({ b: 2 }, { type: "object" })).toEqual([]);
  expect(names({ a: { x: 1 } }, of({ properties: { y: {} } }))).toEqual([["a.x", false]]);
});
