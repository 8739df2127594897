import { basename } from "node:path";
import type { M2mcpError } from "../../failure.ts";
import type { Output } from "../../ui/output.ts";
import { profilesUnreadable } from "../errors.ts";

/** Names each profile that could not be read. @returns what the command ends with; undefined where there is none */
export function unreadableTold(
  output: Output,
  unreadable: readonly { file: string; error: Error }[],
): M2mcpError | undefined {
  for (const { file, error } of unreadable) output.warn(`${basename(file)}: ${error.message}`);
  return unreadable.length === 0 ? undefined : profilesUnreadable(unreadable.length);
}
