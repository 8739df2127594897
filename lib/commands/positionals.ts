import { wrongUsage } from "../errors.ts";
import type { VerbSpec } from "./verbs.ts";

/**
 * Checks the number of positionals against a verb's usage line: `<needed>`, `[optional]`, `[...any]`.
 *
 * @throws M2mcpError (exit 1) naming what is missing or too much
 */
export function checkPositionals(verb: VerbSpec, positionals: readonly string[]): void {
  const slots = verb.arguments.match(/<[^>]+>|\[[^\]]+\]/g) ?? [];
  const usage = `m2mcp ${verb.name} ${verb.arguments}`.trim();
  const missing = slots.filter((slot) => slot.startsWith("<"))[positionals.length];
  if (missing)
    throw wrongUsage(`${verb.name} needs ${missing}`, `${usage}, for example: ${verb.examples[0]}`);
  const extra = positionals[slots.length];
  const open = slots.some((slot) => slot.startsWith("[..."));
  if (!open && verb.name !== "store" && extra !== undefined)
    throw wrongUsage(`${verb.name} does not take ${extra}`, `usage: ${usage}`);
}
