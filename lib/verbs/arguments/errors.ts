import { suggest } from "../../command-line/suggest.ts";
import { EXIT, M2mcpError } from "../../failure.ts";
import type { Fault } from "../../schema/faults.ts";

/** Faults that one error names. */
const MOST_NAMED = 20;

/** A fault as a person reads it: the argument, what is wrong with it, and which one may have been meant. */
export function faultWords({ path, says, among = [] }: Fault): string {
  const near = suggest(path.at(-1) ?? "", among);
  const meant = near === undefined ? "" : `, did you mean ${[...path.slice(0, -1), near].join(".")}`;
  return `${path.join(".")} ${says}${meant}`.trim();
}

/** @param help the command that shows what is wanted */
export function wrongArguments(name: string, faults: readonly Fault[], help: string) {
  const words = faults.slice(0, MOST_NAMED).map(faultWords);
  if (faults.length > words.length) words.push(`and ${faults.length - words.length} more`);
  return new M2mcpError(
    "arguments",
    EXIT.usage,
    `the arguments do not fit ${name}: ${words.join("; ")}`,
    `${help} shows what it takes; --no-check sends them as they are`,
  );
}
