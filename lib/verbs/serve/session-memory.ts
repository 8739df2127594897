import { latestTexts } from "../../cache/latest-text.ts";
import type { Command } from "../../command-line/command.ts";
import type { SessionMemory } from "../../hosts/serve/legacy/memory.ts";
import { linkTo } from "../target/sharing/link-to.ts";
import type { Target } from "../target/target.ts";

/**
 * What clients have set, in the cache of the first server that has one; undefined where none has.
 *
 * @param key the ids are sealed with it; names are made with it too, so that they reveal nothing
 */
export function sessionMemory(
  command: Command,
  targets: readonly Target[],
  key: Uint8Array,
): SessionMemory | undefined {
  const target = targets.find(({ sharedCache }) => sharedCache !== undefined);
  if (!target?.sharedCache) return undefined;
  const texts = latestTexts(linkTo(command, target, target.sharedCache));
  const { createHmac } = process.getBuiltinModule("node:crypto");
  const nameOf = (session: string) =>
    `m2mcp:{${createHmac("sha256", key).update(`session ${session}`).digest("hex").slice(0, 32)}}`;
  return {
    read: (session) => texts.read(nameOf(session)),
    keep: (session, turn, id) => texts.keep(nameOf(session), turn, id),
  };
}
