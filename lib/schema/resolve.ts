// JSON Schema (2020-12, draft-07) as it is written by servers: what stands behind `$ref` and `allOf`, within limits,
// since a stranger's schema may lead in a circle, or double at each step.
import { isObject, type JsonObject } from "../json.ts";

/** References followed one after the other. */
const MOST_HOPS = 32;
/** Schemas looked at for one question. */
const MOST_STEPS = 5000;

/** Where references lead, and how many more schemas are looked at before the rest counts as anything. */
export interface Scope {
  readonly root: unknown;
  stepsLeft: number;
}

/** The scope of one question about a document. */
export const scopeOf = (root: unknown): Scope => ({ root, stepsLeft: MOST_STEPS });

/** A value that nothing fits. */
const NOTHING: JsonObject = { not: {} };

/**
 * A schema with its `$ref` followed and its `allOf` put together: `properties` and `required` of all, of other keywords
 * the first. Members below stay as they are. What leads nowhere is `{}`, which everything fits.
 */
export function resolved(schema: unknown, scope: Scope): JsonObject {
  if (schema === false) return NOTHING;
  if (!isObject(schema) || --scope.stepsLeft < 0) return {};
  const { allOf, ...own } = referred(schema, scope);
  if (!Array.isArray(allOf)) return own;
  return allOf.reduce<JsonObject>((all, part) => both(all, resolved(part, scope)), own);
}

/** The branches of `anyOf` or `oneOf`, each with what stands beside them; the schema itself where it has none. */
export function branchesOf(schema: unknown, scope: Scope): JsonObject[] {
  const { anyOf, oneOf, ...rest } = resolved(schema, scope);
  const branches = Array.isArray(anyOf) ? anyOf : oneOf;
  if (!Array.isArray(branches) || branches.length === 0) return [rest];
  return branches.flatMap((branch) =>
    scope.stepsLeft < 0 ? [] : branchesOf(branch, scope).map((one) => both(one, rest)),
  );
}

function referred(schema: JsonObject, { root }: Scope): JsonObject {
  let found = schema;
  for (let hops = 0; typeof found.$ref === "string" && hops < MOST_HOPS; hops++) {
    const { $ref, ...beside } = found;
    const target = referredTo(root, $ref as string);
    if (target === false) return NOTHING;
    // What stands beside a reference describes this use of it.
    found = isObject(target) ? { ...target, ...beside } : beside;
  }
  const { $ref, ...rest } = found;
  return rest;
}

/** What a reference within the document leads to (RFC 6901 pointer, or `$anchor`); others lead nowhere here. */
export function referredTo(root: unknown, ref: string): unknown {
  if (ref === "#") return root;
  if (ref.startsWith("#/")) return ref.slice(2).split("/").reduce(memberOf, root);
  if (!ref.startsWith("#") || !isObject(root)) return undefined;
  const named = [root.$defs, root.definitions].flatMap((defs) => (isObject(defs) ? Object.values(defs) : []));
  return named.find((one) => isObject(one) && (one.$anchor === ref.slice(1) || one.$id === ref));
}

function memberOf(value: unknown, token: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  const key = decoded(token).replaceAll("~1", "/").replaceAll("~0", "~");
  return Object.hasOwn(value, key) ? (value as JsonObject)[key] : undefined;
}

const decoded = (token: string): string => {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
};

function both(one: JsonObject, other: JsonObject): JsonObject {
  const merged = { ...other, ...one };
  if (isObject(one.properties) && isObject(other.properties))
    merged.properties = { ...other.properties, ...one.properties };
  if (Array.isArray(one.required) && Array.isArray(other.required))
    merged.required = [...new Set([...one.required, ...other.required])];
  return merged;
}

/** The types that a resolved schema names or implies; none where it says nothing of them. */
export function typesOf(schema: JsonObject): string[] {
  if (typeof schema.type === "string") return [schema.type];
  if (Array.isArray(schema.type)) return schema.type.filter((type) => typeof type === "string");
  if (isObject(schema.properties) || isObject(schema.additionalProperties)) return ["object"];
  if (schema.items !== undefined || schema.prefixItems !== undefined) return ["array"];
  return [];
}

/** What the items of a list must be: one schema for all, or a list with one for each place. */
export const itemSchemaOf = ({ prefixItems, items }: JsonObject): unknown =>
  Array.isArray(prefixItems) ? prefixItems : items;

/** The values that a resolved schema has to choose from; undefined where it names none. */
export function choicesOf(schema: JsonObject): unknown[] | undefined {
  if (Object.hasOwn(schema, "const")) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : undefined;
}
