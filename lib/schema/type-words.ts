import { showControls } from "../controls.ts";
import { isObject, type JsonObject } from "../json.ts";
import { shortened } from "../plain-text.ts";
import { branchesOf, choicesOf, itemSchemaOf, resolved, type Scope, scopeOf, typesOf } from "./resolve.ts";

export interface TypeWordsOptions {
  /** The document that `$ref` leads into; the schema itself unless given. */
  root?: unknown;
  /** Between alternatives. */
  or?: string;
  /** Levels of objects whose properties are named. */
  levels?: number;
  /** Longest text, in characters; what is cut ends with `…`. */
  longest?: number;
}

/** Values of one enum, and properties of one object, that are named. */
const MOST_CHOICES = 12;
const MOST_PROPERTIES = 8;
const LONGEST_LITERAL = 60;

/**
 * What a JSON Schema wants, in the words of TypeScript: `number`, `"a" | "b"`, `string[]`, `{ a: number, b?: string }`.
 * One line without control characters; never throws, whatever the schema is.
 */
export function typeWords(schema: unknown, options: TypeWordsOptions = {}): string {
  const { root = schema, or = " | ", levels = 2, longest = 200 } = options;
  const words = members(schema, { scope: scopeOf(root), or, longest }, levels).join(or);
  return shortened(showControls(words), longest);
}

interface Context {
  scope: Scope;
  or: string;
  longest: number;
}

const union = (schema: unknown, context: Context, levels: number): string =>
  members(schema, context, levels).join(context.or);

/** The alternatives, each once. */
function members(schema: unknown, context: Context, levels: number): string[] {
  const all = new Set<string>();
  let length = 0;
  for (const branch of branchesOf(schema, context.scope))
    for (const word of simple(branch, context, levels)) {
      // Beyond what is shown nothing more needs to be put into words.
      if (length > context.longest) return [...all];
      if (!all.has(word)) length += word.length;
      all.add(word);
    }
  return all.has("any") || all.size === 0 ? ["any"] : [...all];
}

function simple(schema: JsonObject, context: Context, levels: number): string[] {
  const choices = choicesOf(schema);
  if (choices) {
    const named = choices.slice(0, MOST_CHOICES).map(literal);
    return choices.length > named.length ? [...named, `… ${choices.length - named.length} more`] : named;
  }
  if (isObject(schema.not) && Object.keys(schema.not).length === 0) return ["never"];
  const types = typesOf(schema);
  if (types.length === 0) return ["any"];
  return types.map((type) => {
    if (type === "array") return list(schema, context, levels);
    return type === "object" ? object(schema, context, levels) : type;
  });
}

function literal(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "[…]" : "{…}";
  return shortened(JSON.stringify(value) ?? "null", LONGEST_LITERAL);
}

function list(schema: JsonObject, context: Context, levels: number): string {
  const places = itemSchemaOf(schema);
  if (levels < 0) return "array";
  if (Array.isArray(places))
    return `[${places
      .slice(0, MOST_PROPERTIES)
      .map((place) => union(place, context, levels - 1))
      .join(", ")}]`;
  const of = members(schema.items, context, levels - 1);
  return of.length > 1 ? `(${of.join(context.or)})[]` : `${of.join("")}[]`;
}

function object(schema: JsonObject, context: Context, levels: number): string {
  const { properties, additionalProperties } = schema;
  const names = isObject(properties) ? Object.keys(properties) : [];
  if (levels <= 0) return "object";
  if (!isObject(properties) || names.length === 0) {
    const isMap = isObject(additionalProperties) && Object.keys(additionalProperties).length > 0;
    return isMap ? `{ [key]: ${union(additionalProperties, context, levels - 1)} }` : "object";
  }
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const shown = names
    .slice(0, MOST_PROPERTIES)
    .map(
      (name) =>
        `${key(name)}${required.has(name) ? "" : "?"}: ${union(properties[name], context, levels - 1)}`,
    );
  return `{ ${[...shown, ...(names.length > shown.length ? ["…"] : [])].join(", ")} }`;
}

const key = (name: string) => (/^[A-Za-z_$][\w$-]*$/.test(name) ? name : literal(name));

/** One argument of a tool, or one property of an object. */
export interface Argument {
  name: string;
  required: boolean;
  /** Its schema, with `$ref` and `allOf` resolved. */
  schema: JsonObject;
  /** The schema as it is written, for `typeWords` with the document as `root`. */
  source: unknown;
}

/** The arguments that an `inputSchema` names, in its order; those that only one of its branches wants are optional. */
export function argumentsOf(schema: unknown, root: unknown = schema): Argument[] {
  const scope = scopeOf(root);
  const branches = branchesOf(schema, scope);
  const required = branches.map(({ required }) => new Set<unknown>(Array.isArray(required) ? required : []));
  const found = new Map<string, unknown>();
  for (const { properties } of branches)
    if (isObject(properties))
      for (const [name, source] of Object.entries(properties)) if (!found.has(name)) found.set(name, source);
  return [...found].map(([name, source]) => ({
    name,
    source,
    required: required.every((names) => names.has(name)),
    schema: resolved(source, scope),
  }));
}
