// The fields of a form that a server asks to be filled in (MCP "Elicitation": flat objects of primitive properties).
import { isObject, type JsonObject, objectsIn, stringOf } from "../../json.ts";
import { numberTyped } from "../../mcp/jsonrpc/exact-json.ts";
import { patternCompiler } from "../../schema/patterns.ts";
import { wrongValue } from "./check-value.ts";

export interface Choice {
  value: string;
  title: string;
}

/** What a field takes. */
export type FieldKind =
  | { type: "text" }
  | { type: "number"; integer: boolean }
  | { type: "boolean" }
  | { type: "choice"; choices: Choice[] }
  | { type: "choices"; choices: Choice[] };

export interface Field {
  name: string;
  /** For a person: the title, or the name where there is none. */
  label: string;
  description: string;
  isRequired: boolean;
  /** Whether it takes null, too. */
  isNullable: boolean;
  kind: FieldKind;
  /** Limits, format and default stand there. */
  schema: JsonObject;
  /** Whether a text is found to match its pattern, where it has one that can be looked at. */
  matches: ((text: string) => boolean) | undefined;
}

/** The fields of a `requestedSchema`, in the server's order. */
export async function fieldsOf(schema: JsonObject): Promise<Field[]> {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
  const all = properties.map(([name, property]) => ({
    name,
    ...withoutNull(isObject(property) ? property : {}),
  }));
  const compile = all.some(({ of }) => typeof of.pattern === "string") ? await patternCompiler() : undefined;
  return all.map(({ name, of, isNullable }) => {
    const field = {
      name,
      label: typeof of.title === "string" && of.title.trim() !== "" ? of.title : name,
      description: stringOf(of.description),
      isRequired: required.includes(name),
      isNullable,
      kind: kindOf(of),
      schema: of,
      matches: typeof of.pattern === "string" ? compile?.(of.pattern) : undefined,
    };
    return { ...field, schema: { ...of, default: usualOf(field) } };
  });
}

/** What Enter alone stands for: a default that the field would take. Of one that may be null and left out, nothing. */
function usualOf(field: Field): unknown {
  const { schema, isRequired, isNullable } = field;
  const usual = schema.default ?? undefined;
  if (usual !== undefined && wrongValue(field, usual) === undefined) return usual;
  return isRequired && isNullable ? null : undefined;
}

/** A schema without the null that it allows besides, as Pydantic writes what may be left out. */
function withoutNull(schema: JsonObject): { of: JsonObject; isNullable: boolean } {
  const { type, anyOf, oneOf, ...rest } = schema;
  if (Array.isArray(type) && type.includes("null")) {
    const [only, ...more] = type.filter((one) => one !== "null");
    return { of: { ...schema, type: more.length === 0 ? only : undefined }, isNullable: true };
  }
  const branches = [anyOf, oneOf].flatMap(objectsIn);
  const [only, ...more] = branches.filter((branch) => branch.type !== "null");
  if (only === undefined || more.length > 0 || branches.length === 1)
    return { of: schema, isNullable: false };
  return { of: { ...only, ...rest }, isNullable: true };
}

function kindOf(schema: JsonObject): FieldKind {
  const { type } = schema;
  if (type === "boolean") return { type: "boolean" };
  if (type === "number" || type === "integer") return { type: "number", integer: type === "integer" };
  if (type === "array")
    return { type: "choices", choices: choicesOf(isObject(schema.items) ? schema.items : {}) };
  const choices = choicesOf(schema);
  return choices.length > 0 ? { type: "choice", choices } : { type: "text" };
}

/** `enum`, with the `enumNames` of 2025-06-18 where there are any, or `const` and `title` of each. */
function choicesOf({ enum: values, enumNames, oneOf, anyOf }: JsonObject): Choice[] {
  const titled = Array.isArray(oneOf) ? oneOf : Array.isArray(anyOf) ? anyOf : undefined;
  if (titled)
    return titled
      .filter(isObject)
      .filter((one) => typeof one.const === "string")
      .map((one) => ({ value: String(one.const), title: String(one.title ?? one.const) }));
  const names = Array.isArray(enumNames) ? enumNames : [];
  return (Array.isArray(values) ? values : []).map((value, at) => ({
    value: String(value),
    title: String(names[at] ?? value),
  }));
}

/** What was typed for a field, as the value that it stands for; nothing where it is left out. */
export type TypedValue =
  | { kind: "value"; value: unknown }
  | { kind: "left_out" }
  | { kind: "wrong"; why: string };

/** Reads what a person typed: nothing takes the default, or leaves out what may be left out. */
export function readTyped(field: Field, typed: string): TypedValue {
  const text = typed.trim();
  if (text === "") {
    if (field.schema.default !== undefined) return { kind: "value", value: field.schema.default };
    return field.isRequired ? { kind: "wrong", why: "it is required" } : { kind: "left_out" };
  }
  const value = valueTyped(field.kind, field.kind.type === "text" ? typed : text);
  if (value === undefined) return { kind: "wrong", why: wanted(field.kind) };
  const why = wrongValue(field, value);
  return why === undefined ? { kind: "value", value } : { kind: "wrong", why };
}

const YES = ["y", "yes", "true", "1", "on"];
const NO = ["n", "no", "false", "0", "off"];

function valueTyped(kind: FieldKind, text: string): unknown {
  switch (kind.type) {
    case "text":
      return text;
    case "number":
      return Number.isFinite(Number(text)) ? numberTyped(text) : undefined;
    case "boolean":
      return YES.includes(text.toLowerCase()) ? true : NO.includes(text.toLowerCase()) ? false : undefined;
    case "choice":
      return chosen(kind.choices, text);
    case "choices": {
      const parts = text.split(/[\s]*,[\s]*/).filter((part) => part !== "");
      if (kind.choices.length === 0) return parts;
      const values = parts.map((part) => chosen(kind.choices, part));
      return values.includes(undefined) ? undefined : [...new Set(values)];
    }
  }
}

/** By value or title, in whatever case, or else by number. */
function chosen(choices: readonly Choice[], text: string): string | undefined {
  const same = (one: string) => one.toLowerCase() === text.toLowerCase();
  const found =
    choices.find(({ value }) => value === text) ??
    choices.find(({ title }) => same(title)) ??
    choices.find(({ value }) => same(value)) ??
    (/^\d+$/.test(text) ? choices[Number(text) - 1] : undefined);
  return found?.value;
}

function wanted(kind: FieldKind): string {
  switch (kind.type) {
    case "number":
      return kind.integer ? "it takes a whole number" : "it takes a number";
    case "boolean":
      return "it takes y or n";
    case "choices":
      return "it takes some of the list, by name or number, with commas between";
    default:
      return "it takes one of the list, by name or number";
  }
}
