// Examples of values: each is given to its own keyword, and the expression of a pattern to the runtime's own engine.
import { describe, expect, test } from "bun:test";
import { constraintsOf } from "../../lib/schema/constraints.ts";
import { exampleArguments } from "../../lib/schema/example/arguments.ts";
import { patternExample } from "../../lib/schema/example/pattern.ts";
import { exampleValue, making } from "../../lib/schema/example/value.ts";
import { propertiesOf } from "../../lib/schema/properties.ts";
import { scopeOf } from "../../lib/schema/resolve.ts";

const made = (schema: unknown) => exampleValue(schema, making(schema, true));

describe("a text that an expression takes", () => {
  for (const source of [
    "^[a-z]+$",
    "^[A-Z]{3}-\\d{4}$",
    "^(foo|bar)baz?$",
    "^#[0-9a-fA-F]{6}$",
    "^\\+?[1-9]\\d{1,14}$",
    "^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$",
    "^(?:\\d{1,3}\\.){3}\\d{1,3}$",
    "^(?<year>\\d{4})-(?<month>\\d{2})$",
    "a{2,}",
    "^\\w+([-.]\\w+)*$",
    "^https?:\\/\\/.+$",
    "^$|^x$",
    "[\\]a]",
  ])
    test(source, () => expect(patternExample(source, 0)).toMatch(new RegExp(source, "u")));
  test("of the length that is wanted", () => {
    const text = patternExample("^[a-z]+$", 12) ?? "";
    expect(text.length).toBeGreaterThanOrEqual(12);
    expect(text).toMatch(/^[a-z]+$/);
    expect(patternExample("^a{3}$", 4)).toBeUndefined();
  });
  test("is not made of what cannot be put together", () => {
    for (const source of ["^(?=.*\\d).+$", "(a)\\1", "\\p{L}", "(", "[", "a)", "a{999999}"])
      expect(patternExample(source, 0)).toBeUndefined();
  });
  test("costs little, whatever the expression", () => {
    const began = performance.now();
    for (const source of [
      "(".repeat(5000),
      "(a*)*".repeat(2000),
      "[a".repeat(5000),
      "a|".repeat(5000),
      `${"(a|".repeat(500)}b${")".repeat(500)}`,
    ])
      patternExample(source, 10);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("a value", () => {
  const rows: [string, unknown, unknown][] = [
    ["an example comes first", { type: "string", examples: ["red shoes"], default: "x" }, "red shoes"],
    ["then the default", { type: "integer", default: 10 }, 10],
    ["the default among choices", { enum: ["asc", "desc"], default: "desc" }, "desc"],
    ["a constant", { const: "shoe" }, "shoe"],
    ["no null where there is another", { anyOf: [{ type: "null" }, { type: "number" }] }, 1],
    ["of several types the first", { type: ["null", "boolean"] }, true],
    ["within a range", { type: "integer", minimum: 5, maximum: 9 }, 5],
    ["above", { type: "integer", exclusiveMinimum: 5 }, 6],
    ["below", { type: "integer", exclusiveMaximum: 0 }, -1],
    ["between", { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, 0.5],
    ["a multiple", { type: "number", minimum: 1, multipleOf: 0.3 }, 1.2],
    ["a length", { type: "string", minLength: 6, maxLength: 6 }, "textxx"],
    ["short", { type: "string", maxLength: 2 }, "te"],
    ["a format", { type: "string", format: "date" }, "2026-01-31"],
    [
      "a pattern behind a reference",
      { $ref: "#/$defs/id", $defs: { id: { type: "string", pattern: "^x-\\d$" } } },
      "x-0",
    ],
    [
      "a list of different ones",
      { type: "array", items: { type: "integer" }, minItems: 3, uniqueItems: true },
      [1, 2, 3],
    ],
    ["a tuple", { type: "array", prefixItems: [{ type: "string" }, { type: "boolean" }] }, ["text", true]],
    [
      "what an object requires",
      { type: "object", required: ["a"], properties: { a: { const: 1 }, b: {} } },
      { a: 1 },
    ],
    ["whatever", {}, "text"],
  ];
  for (const [what, schema, value] of rows) test(what, () => expect(made(schema)).toEqual(value as never));
  test("of a schema that leads in a circle is made all the same", () => {
    const schema = {
      $ref: "#/$defs/a",
      $defs: { a: { type: "object", required: ["a"], properties: { a: { $ref: "#/$defs/a" } } } },
    };
    expect(JSON.stringify(made(schema))).toContain('{"a":');
  });
});

test("arguments: what is required, else what the schema has values for", () => {
  const properties = { a: { type: "integer" }, b: { enum: ["x"] } };
  expect(exampleArguments({ type: "object", properties, required: ["a"] })[0]).toEqual({ a: 1 });
  expect(exampleArguments({ type: "object", properties })[0]).toEqual({ b: "x" });
  expect(exampleArguments(undefined)[0]).toEqual({});
});

test("constraints in words", () => {
  const rows: [object, string[]][] = [
    [{ minimum: 1, maximum: 50, default: 10 }, ["1 to 50", "default 10"]],
    [{ exclusiveMinimum: 0 }, ["above 0"]],
    [{ minimum: 0, exclusiveMinimum: true }, ["above 0"]],
    [{ maximum: 0, multipleOf: 5 }, ["at most 0", "a multiple of 5"]],
    [{ minLength: 2 }, ["at least 2 characters"]],
    [{ minLength: 3, maxLength: 3 }, ["3 characters"]],
    [{ minItems: 1, uniqueItems: true }, ["at least 1 item", "each once"]],
    [{ format: "date", pattern: "^a" }, ["format date", "matches ^a"]],
    [{ examples: ["a", "b"] }, ['for example "a" or "b"']],
    [
      {
        anyOf: [
          { type: "string", maxLength: 5 },
          { type: "integer", minimum: 1 },
        ],
      },
      ["at most 5 characters", "at least 1"],
    ],
    [
      { enum: Array.from({ length: 14 }, (_, at) => at) },
      ["one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13"],
    ],
    [
      { items: { pattern: "^a", maxLength: 3 }, minItems: 1 },
      ["at least 1 item", "each: at most 3 characters, matches ^a"],
    ],
    [{ minimum: "no", default: null, deprecated: true }, ["default null", "deprecated"]],
  ];
  for (const [schema, words] of rows) expect(constraintsOf(schema, scopeOf(schema))).toEqual(words);
});

test("properties, those within them below, whatever leads in a circle", () => {
  const item = {
    type: "object",
    required: ["id"],
    properties: { id: { $ref: "#/$defs/id" }, child: { $ref: "#/$defs/item" } },
  };
  const schema = {
    type: "object",
    required: ["list"],
    properties: {
      list: { type: "array", items: { $ref: "#/$defs/item" } },
      map: { additionalProperties: { type: "string" } },
    },
    $defs: { item, id: { type: "string", description: "Its\nname" } },
  };
  const found = propertiesOf(schema);
  expect(
    found.slice(0, 3).map(({ path, type, required, description }) => [path, type, required, description]),
  ).toEqual([
    ["list", "object[]", true, ""],
    ["list[].id", "string", true, "Its\nname"],
    ["list[].child", "object", false, ""],
  ]);
  expect(found.length).toBeLessThan(20);
  expect(found.at(-1)).toMatchObject({ path: "map", type: "{ [key]: string }" });
});

test("constraints of a list of itself come to an end", () => {
  const schema = { type: "array", minItems: 1, items: { $ref: "#" } };
  expect(constraintsOf(schema, scopeOf(schema))).toEqual([
    "at least 1 item",
    "each: at least 1 item, each: at least 1 item",
  ]);
});
