import { isObject, type JsonObject } from "../json.ts";
import type { CompilePattern } from "./patterns.ts";
import { branchesOf, type Scope, scopeOf, typesOf } from "./resolve.ts";

/** Where an argument belongs: the names that lead there, and the schema of what is there. */
export interface Place {
  path: string[];
  /** Undefined where the schema says nothing of it. */
  schema: unknown;
}

/** Names of one path, from the outside in. */
const MOST_LEVELS = 50;
/** Beyond this many characters a name is taken as it is: each of its dots would be tried. */
const LONGEST_KEY = 500;

/**
 * Where `a.b` belongs in a schema: a property of that name, else `b` within the object `a`. What the schema does not know
 * is one name.
 *
 * @param compile tells which names a pattern is for; without it patterns are for none
 */
export function placeOf(key: string, schema: unknown, root: unknown, compile?: CompilePattern): Place {
  const levels = key.length > LONGEST_KEY ? 0 : MOST_LEVELS;
  return find(key, schema, { scope: scopeOf(root), compile }, levels) ?? { path: [key], schema: undefined };
}

interface Search {
  scope: Scope;
  compile: CompilePattern | undefined;
}

function find(key: string, schema: unknown, search: Search, levels: number): Place | undefined {
  const { scope } = search;
  const branches = branchesOf(schema, scope);
  const own = propertyOf(branches, key) ?? schemaByPattern(branches, key, search);
  if (own !== undefined) return { path: [key], schema: own };
  if (levels > 0)
    for (let dot = key.lastIndexOf("."); dot > 0; dot = key.lastIndexOf(".", dot - 1)) {
      const name = key.slice(0, dot);
      const child = propertyOf(branches, name);
      if (child === undefined || !takesObject(child, scope)) continue;
      const rest = key.slice(dot + 1);
      const below = find(rest, child, search, levels - 1) ?? { path: [rest], schema: undefined };
      return { ...below, path: [name, ...below.path] };
    }
  const map = branches.map(({ additionalProperties }) => additionalProperties).find(isObject);
  return map && { path: [key], schema: map };
}

/** The schema of a property, whichever branch has it. */
function propertyOf(branches: readonly JsonObject[], name: string): unknown {
  const found = branches.flatMap(({ properties }) =>
    isObject(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [],
  );
  return found.length > 1 ? { anyOf: found } : found[0];
}

/** What patterns say of a name that is no property. */
function schemaByPattern(branches: readonly JsonObject[], name: string, { compile }: Search): unknown {
  const patterns = branches.flatMap(({ patternProperties }) =>
    isObject(patternProperties) ? Object.entries(patternProperties) : [],
  );
  const found = patterns.filter(([pattern]) => compile?.(pattern)?.(name)).map(([, of]) => of);
  return found.length > 1 ? { allOf: found } : found[0];
}

const takesObject = (schema: unknown, scope: Scope): boolean =>
  branchesOf(schema, scope).some((branch) => {
    const types = typesOf(branch);
    return types.length === 0 || types.includes("object");
  });

/** An object with a value at a path; what is there already stays beside it. */
export function withValueAt(
  object: JsonObject,
  [name, ...rest]: readonly string[],
  value: unknown,
): JsonObject {
  if (name === undefined) return object;
  const old = Object.hasOwn(object, name) ? object[name] : undefined;
  return { ...object, [name]: rest.length > 0 ? withValueAt(isObject(old) ? old : {}, rest, value) : value };
}
