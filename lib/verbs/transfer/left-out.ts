import { showControls } from "../../controls.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { shortened } from "../../plain-text.ts";

/** So many names are told, and so much of each. */
const MOST_NAMES = 5;
const LONGEST_NAME = 60;

/**
 * Members of a file's profile that say something and are not in what was read of it: those that are not known here, and
 * places of secrets.
 *
 * @returns their names in words, never a value; undefined where there are none
 */
export function leftOut(given: JsonObject, read: object): string | undefined {
  const names = namesLeftOut(given, read as JsonObject, "");
  if (names.length === 0) return undefined;
  const told = names.slice(0, MOST_NAMES).map((name) => shortened(showControls(name), LONGEST_NAME));
  const more = names.length - told.length;
  return `${told.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const namesLeftOut = (given: JsonObject, read: JsonObject, within: string): string[] =>
  Object.entries(given).flatMap(([name, value]) => {
    // What is off, or empty, says nothing.
    if (!value) return [];
    const there = Object.hasOwn(read, name) ? read[name] : undefined;
    if (there === undefined) return [within + name];
    return isObject(value) && isObject(there) ? namesLeftOut(value, there, `${within}${name}.`) : [];
  });
