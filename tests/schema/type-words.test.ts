import { describe, expect, test } from "bun:test";
import { argumentsOf, typeWords } from "../../lib/schema/type-words.ts";

describe("a type in words:", () => {
  const rows: [string, unknown, string][] = [
    ["a plain type", { type: "number" }, "number"],
    ["several", { type: ["number", "null"] }, "number | null"],
    ["an enum", { enum: ["a", 2, null] }, '"a" | 2 | null'],
    ["a constant", { const: "shoe" }, '"shoe"'],
    ["a list", { type: "array", items: { type: "string" } }, "string[]"],
    ["a list of alternatives", { type: "array", items: { enum: ["a", "b"] } }, '("a" | "b")[]'],
    ["a list of anything", { type: "array" }, "any[]"],
    ["a tuple", { type: "array", prefixItems: [{ type: "string" }, { type: "number" }] }, "[string, number]"],
    ["a tuple of draft-07", { items: [{ type: "string" }] }, "[string]"],
    ["branches", { anyOf: [{ type: "integer" }, { type: "null" }] }, "integer | null"],
    [
      "branches of branches",
      { oneOf: [{ anyOf: [{ type: "integer" }] }, { type: "string" }] },
      "integer | string",
    ],
    [
      "branches that only differ in limits",
      { type: "string", anyOf: [{ minLength: 1 }, { pattern: "a" }] },
      "string",
    ],
    ["all of", { allOf: [{ type: "string" }, { minLength: 2 }] }, "string"],
    ["an object", { type: "object" }, "object"],
    [
      "its properties",
      { type: "object", properties: { a: { type: "number" }, "b c": {} }, required: ["a"] },
      '{ a: number, "b c"?: any }',
    ],
    ["a map", { type: "object", additionalProperties: { type: "string" } }, "{ [key]: string }"],
    ["a reference", { $ref: "#/$defs/a~1b", $defs: { "a/b": { type: "boolean" } } }, "boolean"],
    ["a reference by name", { $ref: "#id", definitions: { x: { $anchor: "id", type: "string" } } }, "string"],
    ["nothing said", {}, "any"],
    ["anything", true, "any"],
    ["nothing", false, "never"],
    ["no schema at all", 5, "any"],
    ["a circle", { $ref: "#" }, "any"],
    ["control characters", { enum: ["a\u001b\u0085"] }, '"a\\u001b\\u0085"'],
  ];
  test.each(rows)("%s", (_, schema, words) => expect(typeWords(schema)).toBe(words));

  test("between alternatives stands what is asked for", () =>
    expect(typeWords({ enum: ["a", "b"] }, { or: "|" })).toBe('"a"|"b"'));

  test("a tree is shown to its second level", () => {
    const root = { $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } } };
    expect(typeWords({ $ref: "#/$defs/node" }, { root })).toBe("{ next?: { next?: object } }");
  });

  test("what is long is cut", () => {
    const many = { enum: Array.from({ length: 5000 }, (_, at) => `value ${at}`) };
    expect(typeWords(many)).toEndWith("… 4988 more");
    expect(typeWords(many, { longest: 20 })).toHaveLength(20);
  });

  test("a schema that doubles at each step, or is deep, takes no time", () => {
    const twice = (at: number) => [{ $ref: `#/$defs/${at}` }, { $ref: `#/$defs/${at}` }];
    const $defs = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [
        at,
        at % 2 ? { anyOf: twice(at + 1) } : { allOf: twice(at + 1) },
      ]),
    );
    let deep: unknown = { type: "string" };
    for (let level = 0; level < 100_000; level++) deep = { type: "array", items: deep };
    const began = performance.now();
    expect(typeWords({ $ref: "#/$defs/0", $defs })).toBe("any");
    expect(typeWords(deep)).toBe("array[][][]");
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

test("arguments: of all branches, with what is behind references", () => {
  const schema = {
    $defs: { id: { type: "string", description: "an id" } },
    allOf: [{ properties: { id: { $ref: "#/$defs/id" } }, required: ["id"] }],
    anyOf: [
      { properties: { a: { type: "number" } }, required: ["a"] },
      { properties: { b: { type: "number" } } },
    ],
  };
  expect(argumentsOf(schema).map(({ name, required, schema }) => [name, required, schema.type])).toEqual([
    ["id", true, "string"],
    ["a", false, "number"],
    ["b", false, "number"],
  ]);
  expect(argumentsOf({ type: "object" })).toEqual([]);
});
