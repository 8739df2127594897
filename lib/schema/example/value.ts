import type { JsonObject } from "../../json.ts";
import { branchesOf, choicesOf, itemSchemaOf, type Scope, scopeOf, typesOf } from "../resolve.ts";
import { argumentsOf } from "../type-words.ts";
import { exampleNumber } from "./number.ts";
import { exampleString } from "./string.ts";

/** Levels that are filled, and items of one list. */
const MOST_LEVELS = 8;
const MOST_ITEMS = 20;

/** How an example is put together. */
export interface Making {
  root: unknown;
  scope: Scope;
  /** Whether examples and defaults of the schema are taken; else all is made up. */
  isTold: boolean;
}

/** @param isTold see `Making` */
export const making = (root: unknown, isTold: boolean): Making => ({ root, scope: scopeOf(root), isTold });

/**
 * A value that fits a schema, as far as its keywords are understood: whether it does is for a validator to say.
 *
 * @param turn of several values that must differ, which one
 */
export function exampleValue(schema: unknown, how: Making, turn = 0, level = 0): unknown {
  if (schema === true || schema === undefined) return "text";
  const branches = branchesOf(schema, how.scope);
  const branch = branches.find((one) => !typesOf(one).includes("null")) ?? branches[0] ?? {};
  const told = toldValues(branch, how.isTold);
  if (told.length > 0) return told[turn % told.length];
  const types = typesOf(branch);
  const type = types.find((one) => one !== "null") ?? types[0];
  if (type === "object") return exampleObject(schema, how, level);
  if (type === "array") return exampleList(branch, how, level);
  if (type === "integer" || type === "number") return exampleNumber(branch, type === "integer", turn);
  if (type === "boolean") return turn % 2 === 0;
  return type === "null" ? null : exampleString(branch, turn);
}

/** What a schema itself gives as values. */
function toldValues(schema: JsonObject, isTold: boolean): unknown[] {
  const choices = choicesOf(schema);
  if (choices) return isTold && choices.includes(schema.default) ? [schema.default, ...choices] : choices;
  if (!isTold) return [];
  const examples = Array.isArray(schema.examples) ? schema.examples : [];
  return schema.default === undefined ? examples : [...examples, schema.default];
}

/** With the properties that are required. */
function exampleObject(schema: unknown, how: Making, level: number): JsonObject {
  if (level > MOST_LEVELS) return {};
  const required = argumentsOf(schema, how.root).filter((property) => property.required);
  return Object.fromEntries(
    required.map(({ name, source }) => [name, exampleValue(source, how, 0, level + 1)]),
  );
}

function exampleList(schema: JsonObject, how: Making, level: number): unknown[] {
  if (level > MOST_LEVELS) return [];
  const places = itemSchemaOf(schema);
  if (Array.isArray(places)) return places.map((place) => exampleValue(place, how, 0, level + 1));
  const least = typeof schema.minItems === "number" ? schema.minItems : 1;
  const most = typeof schema.maxItems === "number" ? schema.maxItems : MOST_ITEMS;
  const count = Math.max(0, Math.min(Math.max(least, 1), most, MOST_ITEMS));
  return Array.from({ length: count }, (_, turn) =>
    exampleValue(schema.items ?? {}, how, schema.uniqueItems === true ? turn : 0, level + 1),
  );
}
