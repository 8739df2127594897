import { wrongUsage } from "../../failure.ts";
import { inQuotes } from "../../platform/windows/pasteable.ts";
import { placesOf, type VerbSpec } from "../verbs/verb-spec.ts";

/**
 * Checks the number of positionals against a verb's usage line: `<needed>`, `[optional]`, `[...any]`.
 *
 * @throws M2mcpError (exit 1) naming what is missing or too much
 */
export function checkPositionals(verb: VerbSpec, positionals: readonly string[]): void {
  const places = placesOf(verb);
  const usage = `m2mcp ${verb.name} ${verb.arguments}`.trim();
  const missing = places.filter((slot) => slot.startsWith("<"))[positionals.length];
  if (missing) {
    const saved = /target|@name/.test(missing) ? `; m2mcp profiles lists what is saved${inQuotes()}` : "";
    throw wrongUsage(`${verb.name} needs ${missing}`, `${usage}, for example: ${verb.examples[0]}${saved}`);
  }
  const isExtra = positionals.length > places.length;
  const open = verb.arguments.includes("[...");
  // Not repeated: it may be part of a secret that holds a space, unquoted.
  if (!open && verb.name !== "store" && isExtra)
    throw wrongUsage(
      `${verb.name} was given an argument too many, the ${ordinal(places.length + 1)}`,
      `usage: ${usage}; quote values that hold spaces`,
    );
}

const ordinal = (count: number) => ["first", "second", "third", "fourth"][count - 1] ?? `${count}th`;
