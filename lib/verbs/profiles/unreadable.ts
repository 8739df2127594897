import { basename } from "node:path";
import { M2mcpError } from "../../failure.ts";
import { nameOfSealed } from "../../store/paths.ts";
import type { Output } from "../../ui/output.ts";
import { profilesUnreadable } from "../errors.ts";

/**
 * Names each profile that could not be read. @returns what the command ends with, the failure itself where it is of the
 * whole folder; undefined where there is none
 */
export function tellUnreadable(
  output: Output,
  unreadable: readonly { file: string; error: Error }[],
): M2mcpError | undefined {
  const [first] = unreadable;
  if (!first) return undefined;
  if (first.error instanceof M2mcpError && nameOfSealed(first.file) === null) return first.error;
  for (const { file, error } of unreadable) output.warn(`${basename(file)}: ${error.message}`);
  const [hint, ...others] = new Set(unreadable.map(({ error }) => hintOf(error)));
  return profilesUnreadable(unreadable.length, others.length === 0 ? hint : undefined);
}

const hintOf = (error: Error) => (error instanceof M2mcpError ? error.hint : undefined);
