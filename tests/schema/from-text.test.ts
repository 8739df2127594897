import { describe, expect, test } from "bun:test";
import { fromTexts } from "../../lib/schema/from-text.ts";
import { placeOf, withValueAt } from "../../lib/schema/place.ts";

const NONE = Symbol("none");
const value = (texts: string | string[], schema: unknown) =>
  (fromTexts([texts].flat(), schema, schema, JSON.parse) ?? { value: NONE }).value;

const NULLABLE = { type: ["number", "null"] };
const STRINGS = { type: "array", items: { type: "string" } };
const NUMBERS = { type: "array", items: { type: "integer" } };
const EITHER = { anyOf: [{ type: "string" }, STRINGS] };
const REFERS = { $ref: "#/$defs/n", $defs: { n: { type: "number" } } };

describe("a text as the schema's type:", () => {
  const rows: [string, string | string[], unknown, unknown][] = [
    ["a number", "2.5", { type: "number" }, 2.5],
    ["a number as people write it", "+.5", { type: "number" }, 0.5],
    ["no number", "two", { type: "number" }, NONE],
    ["nothing is no number", "", { type: "number" }, NONE],
    ["an integer", "-3", { type: "integer" }, -3],
    ["a whole number is an integer", "3.0", { type: "integer" }, 3],
    ["half a number is none", "2.5", { type: "integer" }, NONE],
    ["true", "true", { type: "boolean" }, true],
    ["False", "False", { type: "boolean" }, false],
    ["yes is neither", "yes", { type: "boolean" }, NONE],
    ["null", "null", NULLABLE, null],
    ["a number beside null", "4", NULLABLE, 4],
    ["a string stays one", "01234", { type: "string" }, "01234"],
    ["a string that looks like JSON", '{"a":1}', { type: "string" }, '{"a":1}'],
    ["nothing said of the type", "7", {}, "7"],
    ["a number where both are taken", "7", { type: ["string", "number"] }, 7],
    ["a string where both are taken", "007", { type: ["string", "number"] }, "007"],
    ["a branch", "5", { anyOf: [{ type: "integer" }, { type: "null" }] }, 5],
    ["a branch, whichever comes first", "5", { oneOf: [{ type: "string" }, { type: "integer" }] }, 5],
    ["all of", "5", { allOf: [{ type: "integer" }, { minimum: 2 }] }, 5],
    ["a reference", "5", REFERS, 5],
    ["an enum of strings", "a", { enum: ["a", "b"] }, "a"],
    ["an enum of numbers", "2", { type: "integer", enum: [1, 2] }, 2],
    ["an enum of both", "2", { enum: ["2", 2] }, "2"],
    ["none of an enum", "c", { enum: ["a", "b"] }, NONE],
    ["a constant", "true", { const: true }, true],
    ["a list in JSON", '["x","y"]', STRINGS, ["x", "y"]],
    ["a list with commas", "x, y", STRINGS, ["x", "y"]],
    ["a list that lacks its quotes", "[x,y]", STRINGS, NONE],
    ["lists with commas", "[1],[2]", { type: "array", items: NUMBERS }, [[1], [2]]],
    ["an empty list", "", STRINGS, []],
    ["a list of one", "x", STRINGS, ["x"]],
    ["a list of numbers", "1,2", NUMBERS, [1, 2]],
    ["a list with something else", "1,x", NUMBERS, NONE],
    ["a list by repetition: commas stay", ["a,b", "c"], STRINGS, ["a,b", "c"]],
    ["a list of numbers by repetition", ["1,2", "3"], NUMBERS, [1, 2, 3]],
    [
      "a list of objects",
      '{"a":1},{"a":2}',
      { type: "array", items: { type: "object" } },
      [{ a: 1 }, { a: 2 }],
    ],
    ["a tuple", "a,2", { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }] }, ["a", 2]],
    ["one or several: one", "a,b", EITHER, "a,b"],
    ["one or several: several", ["a", "b"], EITHER, ["a", "b"]],
    ["twice, of which one is taken", ["1", "2"], { type: "number" }, NONE],
    ["twice, with nothing said", ["1", "2"], {}, ["1", "2"]],
    ["an object", '{"k":1}', { type: "object" }, { k: 1 }],
    ["no object", "[1]", { type: "object" }, NONE],
    ["broken JSON", '{"k":', { type: "object" }, NONE],
  ];
  test.each(rows)("%s", (_, texts, schema, wanted) => expect(value(texts, schema)).toEqual(wanted));
});

describe("the place of a name:", () => {
  const schema = {
    properties: {
      "a.b": { type: "number" },
      a: { properties: { c: { type: "string" }, "d.e": { type: "null" } } },
      n: { type: "number" },
      map: { type: "object", additionalProperties: { type: "boolean" } },
      next: { $ref: "#" },
    },
  };
  const rows: [string, string[], unknown][] = [
    ["a.b", ["a.b"], { type: "number" }],
    ["a.c", ["a", "c"], { type: "string" }],
    ["a.d.e", ["a", "d.e"], { type: "null" }],
    ["a.x.y", ["a", "x.y"], undefined],
    ["n.x", ["n.x"], undefined],
    ["map.x.y", ["map", "x.y"], { type: "boolean" }],
    ["next.next.n", ["next", "next", "n"], { type: "number" }],
    ["unknown.x", ["unknown.x"], undefined],
  ];
  test.each(rows)("%s", (key, path, of) =>
    expect(placeOf(key, schema, schema)).toEqual({ path, schema: of }),
  );

  test("a thousand dots take no time", () => {
    const began = performance.now();
    placeOf("next.".repeat(100_000), schema, schema);
    placeOf("next.".repeat(99), schema, schema);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test("values at their places stand beside what was there", () => {
    const placed = withValueAt({ a: { b: 1 }, c: 2 }, ["a", "d"], 3);
    expect(placed).toEqual({ a: { b: 1, d: 3 }, c: 2 });
    expect(withValueAt({ a: 1 }, ["a", "b"], 2)).toEqual({ a: { b: 2 } });
    const odd = withValueAt({}, ["__proto__"], 1);
    expect(JSON.stringify(odd)).toBe('{"__proto__":1}');
  });
});
