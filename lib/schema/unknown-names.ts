import { isObject, type JsonObject } from "../json.ts";
import type { Fault } from "./faults.ts";
import { branchesOf, type Scope, scopeOf } from "./resolve.ts";

/** Levels of objects that are looked into. */
const MOST_LEVELS = 5;

/** A name that a schema allows without knowing it. */
export interface UnknownName extends Fault {
  among: string[];
  /** The schema says that there may be others: then it is only worth a word where it looks mistyped. */
  isInvited: boolean;
}

/**
 * Names in a value that its schema does not know and yet allows. Where it names none at all, or says what others are,
 * nothing is unknown.
 */
export const unknownNames = (value: JsonObject, schema: unknown): UnknownName[] =>
  namesIn(value, schema, [], scopeOf(schema));

function namesIn(value: JsonObject, schema: unknown, path: string[], scope: Scope): UnknownName[] {
  const branches = branchesOf(schema, scope);
  const known = new Map(
    branches.flatMap(({ properties }) => (isObject(properties) ? Object.entries(properties) : [])),
  );
  const others = branches.map(({ additionalProperties }) => additionalProperties);
  const saysOthers =
    others.some((one) => one === false || (isObject(one) && Object.keys(one).length > 0)) ||
    branches.some((one) => one.patternProperties !== undefined || one.unevaluatedProperties !== undefined);
  if (known.size === 0) return [];
  return Object.entries(value).flatMap(([name, member]): UnknownName[] => {
    const at = [...path, name];
    const of = known.get(name);
    if (of !== undefined)
      return isObject(member) && path.length < MOST_LEVELS ? namesIn(member, of, at, scope) : [];
    const isInvited = others.some((one) => one !== undefined);
    return saysOthers ? [] : [{ path: at, says: "is not known", among: [...known.keys()], isInvited }];
  });
}
