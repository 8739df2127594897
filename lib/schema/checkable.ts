// A stranger's schema as a validator can take it: only keywords of the right form, references to what is there, and no
// more of it than is bearable.
import { isObject, type JsonObject } from "../json.ts";
import { referredTo } from "./resolve.ts";

/** Schemas, and values of enums, in one document. */
const MOST_NODES = 20_000;
const DEEPEST = 100;

/** Why arguments cannot be checked against a schema, after "its schema". */
export class Unusable extends Error {}

type Form = (value: unknown) => boolean;
const isCount: Form = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isNumber: Form = (value) => typeof value === "number";
const isText: Form = (value) => typeof value === "string";
const isTexts: Form = (value) => Array.isArray(value) && value.every(isText);
const TYPES = new Set(["string", "number", "integer", "boolean", "null", "array", "object"]);
const isType: Form = (value) => TYPES.has(value as string);

/** Keywords with plain values (JSON Schema Validation, section 6). */
const PLAIN: Record<string, Form> = {
  type: (value) => isType(value) || (Array.isArray(value) && value.every(isType)),
  enum: Array.isArray,
  const: () => true,
  required: isTexts,
  dependentRequired: (value) => isObject(value) && Object.values(value).every(isTexts),
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => isNumber(value) && (value as number) > 0,
  minLength: isCount,
  maxLength: isCount,
  pattern: isText,
  minItems: isCount,
  maxItems: isCount,
  uniqueItems: (value) => typeof value === "boolean",
  minContains: isCount,
  maxContains: isCount,
  minProperties: isCount,
  maxProperties: isCount,
};
/** Keywords that hold a schema, a list of them, or some by name (JSON Schema Core, section 10). */
const ONE = [
  "additionalItems",
  "unevaluatedItems",
  "items",
  "contains",
  "additionalProperties",
  "unevaluatedProperties",
  "propertyNames",
  "not",
  "if",
  "then",
  "else",
];
const LISTS = ["prefixItems", "items", "allOf", "anyOf", "oneOf"];
const MAPS = ["properties", "patternProperties", "dependentSchemas"];

interface Copying {
  root: unknown;
  nodes: number;
  /** What references lead to, by the reference, and whether it is copied yet. */
  definitions: Map<string, { name: string; source: unknown; copy: unknown }>;
}

/**
 * A copy of a schema of only the keywords that a validator reads, with all that is referred to under `$defs`.
 *
 * @throws Unusable where a keyword has a wrong form, a reference leads nowhere, or there is too much of it
 */
export function checkable(schema: unknown): JsonObject {
  const copying: Copying = { root: schema, nodes: 0, definitions: new Map() };
  const copied = copy(schema, copying, 0);
  // A map goes on to what is added to it on the way.
  for (const definition of copying.definitions.values())
    definition.copy = copy(definition.source, copying, 0);
  const $defs = [...copying.definitions.values()].map((one) => [one.name, one.copy]);
  return { ...copied, $defs: Object.fromEntries($defs) };
}

function copy(schema: unknown, copying: Copying, depth: number): JsonObject {
  // As objects they say in an error where they stand.
  if (typeof schema === "boolean") return schema ? {} : { not: {} };
  if (!isObject(schema)) throw new Unusable("has something else where a schema should be");
  if (++copying.nodes > MOST_NODES) throw new Unusable("is too large");
  if (depth > DEEPEST) throw new Unusable("is nested too deep");
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]) => {
      const copied = keywordOf(keyword, value, copying, depth + 1);
      return copied === undefined ? [] : [[keyword, copied]];
    }),
  );
}

function keywordOf(keyword: string, value: unknown, copying: Copying, depth: number): unknown {
  const malformed = () => new Unusable(`has a wrong ${keyword}`);
  if (keyword === "$ref") return reference(value, copying);
  if (keyword === "dependencies") return dependencies(value, copying, depth);
  if (Array.isArray(value) && LISTS.includes(keyword)) {
    if (value.length === 0 && keyword !== "prefixItems" && keyword !== "items") throw malformed();
    return value.map((one) => copy(one, copying, depth));
  }
  if (ONE.includes(keyword)) return copy(value, copying, depth);
  if (MAPS.includes(keyword)) {
    if (!isObject(value)) throw malformed();
    return named(value, (one) => copy(one, copying, depth));
  }
  if (LISTS.includes(keyword)) throw malformed();
  const form = Object.hasOwn(PLAIN, keyword) ? PLAIN[keyword] : undefined;
  // Others say nothing of what is valid; `format` is a remark unless a vocabulary makes it more.
  if (!form) return undefined;
  if (!form(value)) throw malformed();
  if (Array.isArray(value)) copying.nodes += value.length;
  if (copying.nodes > MOST_NODES) throw new Unusable("is too large");
  if (isDeep(value, DEEPEST)) throw new Unusable("is nested too deep");
  return value;
}

/** The schemas directly within one of a copy. */
export function schemasIn(schema: JsonObject): JsonObject[] {
  const maps = [...MAPS, "$defs", "dependencies"].flatMap((key) =>
    isObject(schema[key]) ? Object.values(schema[key]) : [],
  );
  const lists = LISTS.flatMap((key) => (Array.isArray(schema[key]) ? schema[key] : []));
  return [...ONE.map((key) => schema[key]), ...lists, ...maps].filter(isObject);
}

/** In draft-07: names that are required as well, or a schema, by name. */
function dependencies(value: unknown, copying: Copying, depth: number): JsonObject {
  if (!isObject(value)) throw new Unusable("has wrong dependencies");
  return named(value, (one) => (isTexts(one) ? one : copy(one, copying, depth)));
}

const named = (map: JsonObject, each: (value: unknown) => unknown): JsonObject =>
  // A validator of plain objects cannot tell this name from the prototype.
  Object.fromEntries(
    Object.entries(map).flatMap(([name, value]) => (name === "__proto__" ? [] : [[name, each(value)]])),
  );

function reference(value: unknown, { root, definitions }: Copying): string {
  if (typeof value !== "string") throw new Unusable("has a wrong $ref");
  const base = isObject(root) && typeof root.$id === "string" ? root.$id.replace(/#$/, "") : "";
  const ref = base !== "" && value.startsWith(`${base}#`) ? value.slice(base.length) : value;
  const known = definitions.get(ref);
  const source = known?.source ?? referredTo(root, ref);
  if (source === undefined) throw new Unusable("refers to what is not in it");
  const name = known?.name ?? `d${definitions.size}`;
  if (!known) definitions.set(ref, { name, source, copy: undefined });
  return `#/$defs/${name}`;
}

const isDeep = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((member) => isDeep(member, levels - 1)));
