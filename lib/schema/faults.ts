import type { OutputUnit } from "@cfworker/json-schema";
import { isObject, type JsonObject, objectOf } from "../json.ts";
import { schemaAt, tokensOf, valueAt } from "./pointers.ts";
import { typeWords } from "./type-words.ts";

/** One thing that is wrong with a value. */
export interface Fault {
  /** Names and places that lead to it. */
  path: string[];
  /** What is wrong with it, after its name: `wants number`. */
  says: string;
  /** Of a name that is not known: those that are. */
  among?: string[];
}

/** Faults told of one value. */
const MOST_FAULTS = 50;

/** Keywords whose errors only say that there are some within. */
const OUTER = new Set([
  "properties",
  "patternProperties",
  "additionalProperties",
  "unevaluatedProperties",
  "items",
  "prefixItems",
  "additionalItems",
  "unevaluatedItems",
  "allOf",
  "$ref",
  "$recursiveRef",
  "if",
  "dependentSchemas",
]);
/** Keywords whose errors stand before those of what was tried. */
const TRYING = new Set(["anyOf", "oneOf", "contains", "minContains", "maxContains", "propertyNames"]);

type Limit = (limit: unknown) => string;
const LIMITS: Record<string, Limit> = {
  minimum: (limit) => `must be at least ${limit}`,
  maximum: (limit) => `must be at most ${limit}`,
  exclusiveMinimum: (limit) => `must be more than ${limit}`,
  exclusiveMaximum: (limit) => `must be less than ${limit}`,
  multipleOf: (limit) => `must be a multiple of ${limit}`,
  minLength: (limit) => `must have at least ${limit} ${limit === 1 ? "character" : "characters"}`,
  maxLength: (limit) => `must have at most ${limit} ${limit === 1 ? "character" : "characters"}`,
  minItems: (limit) => `must have at least ${limit} ${limit === 1 ? "item" : "items"}`,
  maxItems: (limit) => `must have at most ${limit} ${limit === 1 ? "item" : "items"}`,
  minProperties: (limit) => `must have at least ${limit} ${limit === 1 ? "member" : "members"}`,
  maxProperties: (limit) => `must have at most ${limit} ${limit === 1 ? "member" : "members"}`,
  uniqueItems: () => "must not have the same item twice",
  format: (format) => `must match ${String(format).slice("pattern ".length)}`,
  contains: () => "lacks an item that it must have",
  minContains: () => "has too few of the items that it must have",
  maxContains: () => "has too many of some items",
  propertyNames: () => "has a name that it must not have",
};

interface Told {
  value: JsonObject;
  schema: JsonObject;
}

/**
 * A validator's errors as what a person can mend, each once.
 *
 * @param schema as it was given to the validator
 */
export function faultsIn(errors: readonly OutputUnit[], value: JsonObject, schema: JsonObject): Fault[] {
  const faults = new Map(
    faultsOf(errors, { value, schema }).map((fault) => [JSON.stringify([fault.path, fault.says]), fault]),
  );
  return [...faults.values()];
}

function faultsOf(errors: readonly OutputUnit[], told: Told): Fault[] {
  const faults: Fault[] = [];
  for (let at = 0; at < errors.length && faults.length < MOST_FAULTS; ) {
    const error = errors[at++];
    if (!error || OUTER.has(error.keyword)) continue;
    let end = at;
    if (TRYING.has(error.keyword))
      while (errors[end]?.keywordLocation.startsWith(`${error.keywordLocation}/`)) end++;
    faults.push(...faultsOfOne(error, errors.slice(at, end), told));
    at = end;
  }
  return faults;
}

function faultsOfOne(error: OutputUnit, tried: readonly OutputUnit[], told: Told): Fault[] {
  const { value, schema } = told;
  const path = tokensOf(error.instanceLocation);
  const location = tokensOf(error.keywordLocation);
  const holder = schemaAt(schema, location.slice(0, -1));
  switch (error.keyword) {
    case "required":
      return missingOf(holder.required, valueAt(value, path)).map((name) =>
        missing([...path, name], holder, schema),
      );
    case "anyOf":
    case "oneOf":
      return ofBranches(error, tried, holder, told);
    case "not":
      return [unwanted(path, holder, schema, location)];
    case "type":
    case "enum":
    case "const":
      return [wants(path, holder, schema)];
    case "dependentRequired":
    case "dependencies":
      return [{ path, says: "lacks what others of its members need" }];
  }
  const limit = LIMITS[error.keyword];
  return [{ path, says: limit ? limit(holder[error.keyword]) : `does not fit (${error.keyword})` }];
}

/** Of a value that is of one branch's type alone, what that one wants; else what all of them want. */
function ofBranches(
  error: OutputUnit,
  tried: readonly OutputUnit[],
  holder: JsonObject,
  told: Told,
): Fault[] {
  const path = tokensOf(error.instanceLocation);
  const branches = branchesOf(error, tried);
  const [likely, ...others] = branches.filter((branch) => !branch.some((one) => isOfWrongType(one, error)));
  if (likely && others.length === 0) return faultsOf(likely, told);
  const names = new Set(branches.flatMap((branch) => branch.flatMap((one) => neededBy(one, told))));
  if (likely && names.size > 0) return [{ path, says: `needs ${[...names].join(" or ")}` }];
  const all = holder[error.keyword];
  const isEither = Array.isArray(all) && branches.length < all.length;
  return [isEither ? { path, says: "fits more than one of its forms" } : wants(path, holder, told.schema)];
}

const wants = (path: string[], schema: JsonObject, root: JsonObject): Fault => ({
  path,
  says: `wants ${typeWords(schema, { root })}`,
});

function missing(path: string[], holder: JsonObject, root: JsonObject): Fault {
  const name = path.at(-1) ?? "";
  const of =
    isObject(holder.properties) && Object.hasOwn(holder.properties, name) ? holder.properties[name] : {};
  const words = typeWords(of, { root });
  return { path, says: words === "any" ? "is missing" : `is missing (${words})` };
}

/** A value that must not be there at all, or must not be like this. */
function unwanted(path: string[], holder: JsonObject, root: JsonObject, location: string[]): Fault {
  const by = location.at(-2) ?? "";
  if (Object.keys(objectOf(holder.not)).length > 0) return { path, says: "must be something else" };
  if (/Items$|^items$/.test(by)) return { path, says: "is one too many" };
  if (!/Properties$/.test(by)) return { path, says: "must not be given" };
  const { properties } = schemaAt(root, location.slice(0, -2));
  return { path, says: "is not known", among: isObject(properties) ? Object.keys(properties) : [] };
}

/** The errors of each branch that was tried. */
function branchesOf({ keywordLocation }: OutputUnit, tried: readonly OutputUnit[]): OutputUnit[][] {
  const branches = new Map<string, OutputUnit[]>();
  for (const one of tried) {
    const index = one.keywordLocation.slice(keywordLocation.length + 1).split("/", 1)[0] ?? "";
    branches.set(index, [...(branches.get(index) ?? []), one]);
  }
  return [...branches.values()];
}

const isOfWrongType = ({ keyword, instanceLocation }: OutputUnit, outer: OutputUnit): boolean =>
  instanceLocation === outer.instanceLocation && ["type", "enum", "const", "not"].includes(keyword);

function neededBy(
  { keyword, keywordLocation, instanceLocation }: OutputUnit,
  { schema, value }: Told,
): string[] {
  if (keyword !== "required") return [];
  const holder = schemaAt(schema, tokensOf(keywordLocation).slice(0, -1));
  return missingOf(holder.required, valueAt(value, tokensOf(instanceLocation)));
}

const missingOf = (required: unknown, value: unknown): string[] =>
  Array.isArray(required) && isObject(value) ? required.filter((name) => !Object.hasOwn(value, name)) : [];
