import type { Command } from "../../command-line/command.ts";
import type { Attachment } from "../../ui/media/attachments.ts";

/** Where `--output` leads. */
export interface SavePlace {
  folder: string;
  /** Of the one file; undefined where each attachment has a name of its own. */
  name: string | undefined;
  overwrite: boolean;
}

/**
 * Looks where `--output` leads, before anything is asked of the server: a call may not be one to make twice.
 *
 * @returns undefined where it is not given; then nothing that knows files is loaded
 * @throws M2mcpError (exit 1) where nothing can be saved there
 */
export async function savePlace(command: Command): Promise<SavePlace | undefined> {
  const given = command.options.value("output");
  if (given === undefined) return undefined;
  const { placeOf } = await import("./save.ts");
  return placeOf(command, given);
}

/** Saves what a result holds where it is wanted; else names the way to it. */
export async function saveOrHint(
  command: Command,
  place: SavePlace | undefined,
  all: readonly Attachment[],
): Promise<void> {
  if (place) {
    const { save } = await import("./save.ts");
    await save(command, place, all);
  } else if (all.length > 0 && !command.output.json)
    command.output.hint(`--output FILE|DIR saves ${all.length === 1 ? "it" : "them"}`);
}
