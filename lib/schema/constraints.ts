import type { JsonObject } from "../json.ts";
import { shortened } from "../plain-text.ts";
import { branchesOf, choicesOf, type Scope } from "./resolve.ts";

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** A value as JSON, of which a person sees the beginning. */
const LONGEST_VALUE = 120;
const MOST_EXAMPLES = 3;
/** As many choices stand in the words of a type; more are named here, up to a number that somebody reads. */
const NAMED_CHOICES = 12;
const MOST_CHOICES = 300;
/** Lists within lists of which something is said. */
const ITEM_LEVELS = 2;

/**
 * What a schema says of its values besides their type, in a few words each: `1 to 50`, `default 10`, `format date`.
 * Foreign words may be within.
 */
export function constraintsOf(schema: unknown, scope: Scope, levels = ITEM_LEVELS): string[] {
  const branches = branchesOf(schema, scope);
  const words = branches.flatMap((branch) => [
    ...range(branch),
    ...lengths(branch),
    ...(typeof branch.format === "string" ? [`format ${branch.format}`] : []),
    ...(typeof branch.pattern === "string" ? [`matches ${branch.pattern}`] : []),
    ...(typeof branch.contentMediaType === "string" ? [`holds ${branch.contentMediaType}`] : []),
    ...(typeof branch.contentEncoding === "string" ? [`in ${branch.contentEncoding}`] : []),
    ...choices(branch),
    ...values(branch),
    ...items(branch, scope, levels),
  ]);
  return [...new Set(words)];
}

function range(schema: JsonObject): string[] {
  const { exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  // Draft 4 has a switch in its place, and the number beside it.
  const from = number(schema.minimum);
  const to = number(schema.maximum);
  const above = exclusiveMinimum === true ? from : number(exclusiveMinimum);
  const below = exclusiveMaximum === true ? to : number(exclusiveMaximum);
  const words: string[] = [];
  if (from !== undefined && to !== undefined && above === undefined && below === undefined)
    words.push(`${from} to ${to}`);
  else {
    if (above !== undefined) words.push(`above ${above}`);
    else if (from !== undefined) words.push(`at least ${from}`);
    if (below !== undefined) words.push(`below ${below}`);
    else if (to !== undefined) words.push(`at most ${to}`);
  }
  if (number(multipleOf) !== undefined) words.push(`a multiple of ${multipleOf}`);
  return words;
}

function lengths(schema: JsonObject): string[] {
  const words: string[] = [];
  for (const [from, to, one, many] of [
    ["minLength", "maxLength", "character", "characters"],
    ["minItems", "maxItems", "item", "items"],
    ["minProperties", "maxProperties", "property", "properties"],
  ] as const) {
    const [least, most] = [number(schema[from]), number(schema[to])];
    if (least !== undefined && most !== undefined)
      words.push(least === most ? `${least} ${least === 1 ? one : many}` : `${least} to ${most} ${many}`);
    else if (least !== undefined && least > 0) words.push(`at least ${least} ${least === 1 ? one : many}`);
    else if (most !== undefined) words.push(`at most ${most} ${most === 1 ? one : many}`);
  }
  if (schema.uniqueItems === true) words.push("each once");
  return words;
}

/** All values to choose from, where the words of the type leave some out. */
function choices(schema: JsonObject): string[] {
  const all = choicesOf(schema) ?? [];
  return all.length > NAMED_CHOICES
    ? [
        `one of ${all.slice(0, MOST_CHOICES).map(valueWords).join(", ")}${all.length > MOST_CHOICES ? ", …" : ""}`,
      ]
    : [];
}

/** What is said of each item of a list. */
function items(schema: JsonObject, scope: Scope, levels: number): string[] {
  if (schema.items === undefined || Array.isArray(schema.items) || levels === 0) return [];
  const words = constraintsOf(schema.items, scope, levels - 1);
  return words.length > 0 ? [`each: ${words.join(", ")}`] : [];
}

function values(schema: JsonObject): string[] {
  const words: string[] = [];
  if (schema.default !== undefined) words.push(`default ${valueWords(schema.default)}`);
  if (Array.isArray(schema.examples) && schema.examples.length > 0 && !choicesOf(schema))
    words.push(`for example ${schema.examples.slice(0, MOST_EXAMPLES).map(valueWords).join(" or ")}`);
  if (schema.deprecated === true) words.push("deprecated");
  return words;
}

const valueWords = (value: unknown): string => shortened(JSON.stringify(value) ?? "null", LONGEST_VALUE);
