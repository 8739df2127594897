import type { OutputUnit, SchemaDraft } from "@cfworker/json-schema";
import { isObject, type JsonObject } from "../json.ts";
import { checkable, Unusable } from "./checkable.ts";
import { type Fault, faultsIn } from "./faults.ts";
import { allWithin, factsOf, withoutPatterns } from "./patterns.ts";

/** Schemas that are applied to one value, besides some for each value within it. */
const MOST_STEPS = 50_000;
const STEPS_EACH = 50;

/**
 * What of a value does not fit a JSON Schema (2020-12, or the older draft that its `$schema` names); all of it, in the
 * schema's order. `format` is not checked: it is a remark (JSON Schema Validation, section 7.2.1).
 *
 * @param value of JSON, its numbers plain
 * @throws Unusable where the schema is wrong, or takes too much to check
 */
export async function check(value: JsonObject, schema: unknown): Promise<Fault[]> {
  const copy = checkable(schema);
  const facts = factsOf(value);
  const formats = await withoutPatterns(copy, facts);
  meter(copy, MOST_STEPS + STEPS_EACH * facts.size);
  const { validate, dereference, format } = await import("@cfworker/json-schema");
  for (const [name, matches] of formats) format[name] = matches;
  let errors: OutputUnit[];
  try {
    errors = validate(value, copy, draftOf(schema), dereference(copy), false).errors;
  } catch (error) {
    throw error instanceof Unusable ? error : new Unusable("leads in a circle");
  } finally {
    for (const name of formats.keys()) delete format[name];
  }
  return faultsIn(errors, value, copy);
}

/**
 * Counts how often schemas are applied: the validator reads this keyword of each, every time. Few lines of references can
 * ask for more steps than anybody can wait for.
 *
 * @throws Unusable while validating, once there are more
 */
function meter(schema: JsonObject, most: number): void {
  let steps = 0;
  for (const one of allWithin(schema))
    Object.defineProperty(one, "pattern", {
      enumerable: false,
      get() {
        if (++steps > most) throw new Unusable("takes too long to check");
        return undefined;
      },
    });
}

function draftOf(schema: unknown): SchemaDraft {
  const uri = isObject(schema) && typeof schema.$schema === "string" ? schema.$schema : "";
  if (/draft-0[467]\b/.test(uri)) return "7";
  return uri.includes("2019-09") ? "2019-09" : "2020-12";
}
