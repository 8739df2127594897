// What a person types into a form, as the values that the server asked for.
import { expect, test } from "bun:test";
import type { JsonObject } from "../../../lib/json.ts";
import { fieldsOf, readTyped } from "../../../lib/ui/form/fields.ts";

/** One field of this schema, required unless it says otherwise. */
async function field(schema: JsonObject, required = true) {
  const [one] = await fieldsOf({ properties: { it: schema }, required: required ? ["it"] : [] });
  if (!one) throw new Error("no field");
  return one;
}
const typed = async (schema: JsonObject, text: string, required = true) => {
  const read = readTyped(await field(schema, required), text);
  return read.kind === "value" ? read.value : read.kind === "wrong" ? `wrong: ${read.why}` : "left out";
};
const COLOURS = { type: "string", enum: ["Red", "Green"], default: "Green" };
const TITLED = {
  type: "string",
  oneOf: [
    { const: "#f00", title: "Red" },
    { const: "#0f0", title: "Lush green" },
  ],
};

test.each<[string, JsonObject, string, unknown]>([
  ["a text", { type: "string" }, " as it is ", " as it is "],
  ["a text of digits stays one", { type: "string" }, "007", "007"],
  ["a short text", { type: "string", minLength: 3, maxLength: 5 }, "ab", "wrong: it takes 3 to 5 characters"],
  ["letters are counted, not their bytes", { type: "string", maxLength: 2 }, "🎨🎨", "🎨🎨"],
  [
    "an address",
    { type: "string", format: "email" },
    "ann",
    "wrong: it takes an email address, like ann@example.com",
  ],
  ["a day", { type: "string", format: "date" }, "2026-02-31", "wrong: it takes a date, like 2026-07-28"],
  ["a leap day", { type: "string", format: "date" }, "2024-02-29", "2024-02-29"],
  [
    "a moment",
    { type: "string", format: "date-time" },
    "2026-07-28T09:00:00+02:00",
    "2026-07-28T09:00:00+02:00",
  ],
  [
    "a URI",
    { type: "string", format: "uri" },
    "here",
    "wrong: it takes an address, like https://example.com",
  ],
  ["an unknown format", { type: "string", format: "isbn" }, "x", "x"],
  ["a number", { type: "number" }, "1.5e3", 1500],
  ["no number", { type: "number" }, "two", "wrong: it takes a number"],
  ["no whole number", { type: "integer" }, "1.5", "wrong: it takes a whole number"],
  ["a number too large", { type: "integer", maximum: 9 }, "10", "wrong: it takes at most 9"],
  ["yes", { type: "boolean" }, "Y", true],
  ["no", { type: "boolean" }, "false", false],
  ["neither", { type: "boolean" }, "maybe", "wrong: it takes y or n"],
  ["a choice by value", COLOURS, "Red", "Red"],
  ["a choice in another case", COLOURS, "red", "Red"],
  ["a choice by number", COLOURS, "1", "Red"],
  ["no choice", COLOURS, "blue", "wrong: it takes one of the list, by name or number"],
  ["a choice by title", TITLED, "lush GREEN", "#0f0"],
  ["choices", { type: "array", items: TITLED }, "red, 2", ["#f00", "#0f0"]],
  ["choices of anyOf", { type: "array", items: { anyOf: TITLED.oneOf } }, "1", ["#f00"]],
  [
    "too many choices",
    { type: "array", maxItems: 1, items: COLOURS },
    "1,2",
    "wrong: it takes at most 1 chosen",
  ],
  [
    "so many choices",
    { type: "array", minItems: 2, maxItems: 2, items: COLOURS },
    "1",
    "wrong: it takes 2 chosen",
  ],
  ["a text of a pattern", { type: "string", pattern: "^[a-z]+$" }, "abc", "abc"],
  [
    "a text of another",
    { type: "string", pattern: "^[a-z]+$" },
    "Abc",
    "wrong: it takes what matches ^[a-z]+$",
  ],
  ["a pattern that is none", { type: "string", pattern: "(" }, "x", "x"],
  [
    "a pattern that would take for ever",
    { type: "string", pattern: "^(a+)+$" },
    `${"a".repeat(40)}b`,
    "wrong: it takes what matches ^(a+)+$",
  ],
  ["a number or null", { anyOf: [{ type: "integer", minimum: 2 }, { type: "null" }], default: null }, "7", 7],
  [
    "its limits",
    { anyOf: [{ type: "integer", minimum: 2 }, { type: "null" }] },
    "1",
    "wrong: it takes at least 2",
  ],
  ["either type", { type: ["boolean", "null"] }, "y", true],
  ["null where nothing is typed", { type: ["boolean", "null"] }, "", null],
  ["a choice or null", { oneOf: [{ enum: ["a", "b"] }, { type: "null" }] }, "2", "b"],
  ["no default that does not suit", { type: "integer", default: "x" }, "", "wrong: it is required"],
  ["nothing takes the default", COLOURS, "", "Green"],
  ["a default of false", { type: "boolean", default: false }, "", false],
  ["nothing for what is required", { type: "string" }, "  ", "wrong: it is required"],
])("%s", async (_what, schema, text, expected) => expect(await typed(schema, text)).toEqual(expected));

test("what is not required may be left out", async () => {
  expect(await typed({ type: "string" }, "", false)).toBe("left out");
  expect(await typed(COLOURS, "", false)).toBe("Green");
  expect(await typed({ type: "integer", default: "x" }, "", false)).toBe("left out");
  expect(await typed({ anyOf: [{ type: "string" }, { type: "null" }], default: null }, "", false)).toBe(
    "left out",
  );
});

test("fields stand in the server's order, under their titles", async () => {
  const fields = await fieldsOf({ properties: { b: { title: "Beta" }, a: {} }, required: ["a"] });
  expect(fields.map(({ label, isRequired }) => [label, isRequired])).toEqual([
    ["Beta", false],
    ["a", true],
  ]);
});

test.each([
  ["12345678901234567890", "12345678901234567890"],
  ["-0.12345678901234567890", "-0.12345678901234567890"],
  ["9007199254740993", "9007199254740993"],
  ["0x10", "16"],
  ["0012345678901234567", "12345678901234568"],
])("a number of many digits is sent as it was typed, where JSON can write it so: %s", async (text, sent) => {
  expect(JSON.stringify(await typed({ type: "number" }, text))).toBe(sent);
});

test("a number beyond a double has to suit its field like any other", async () => {
  expect(await typed({ type: "integer", maximum: 9 }, "12345678901234567890")).toBe(
    "wrong: it takes at most 9",
  );
  expect(await typed({ type: "integer" }, "1.12345678901234567890")).toBe("wrong: it takes a whole number");
});
