// What a call came to, as it is shown and saved.
import type { Command } from "../../command-line/command.ts";
import { isObject, type JsonObject, objectsIn, stringOf } from "../../json.ts";
import { attachmentsIn, contentAttachment } from "../../ui/media/attachments.ts";
import type { Output } from "../../ui/output.ts";
import { blocksOf, messages, toolResult } from "../../ui/render.ts";
import { type SavePlace, saveOrHint } from "./place.ts";

/** The result of a tool: its content, else its structured content; what can be saved is saved, or the way to it named. */
export async function showToolResult(
  command: Command,
  result: JsonObject,
  place: SavePlace | undefined,
): Promise<void> {
  const { output } = command;
  const blocks = blocksOf(result.content);
  output.data(result);
  if (isForPerson(output) && blocks.length > 0) await showBlocks(output, blocks);
  else if (!output.json) printed(output, toolResult(result));
  await saveOrHint(command, place, attachmentsIn(blocks));
}

/** A prompt's messages, each under the role that speaks. */
export async function showMessages(
  command: Command,
  result: JsonObject,
  place: SavePlace | undefined,
): Promise<void> {
  const { output } = command;
  const all = objectsIn(result.messages);
  output.data(result);
  if (isForPerson(output))
    for (const [at, { role, content }] of all.entries()) {
      output.print(`${at > 0 ? "\n" : ""}${stringOf(role)}:`);
      await showBlocks(output, blocksOf(content));
    }
  else output.print(messages(all));
  const blocks = all.flatMap(({ content }) => blocksOf(content));
  await saveOrHint(command, place, attachmentsIn(blocks));
}

/** The contents of a resource: in a pipe as they are, at a terminal as text, or named with type and size. */
export async function showContents(
  command: Command,
  result: JsonObject,
  place: SavePlace | undefined,
): Promise<void> {
  const { output } = command;
  const contents = isObject(result.contents) ? [result.contents] : objectsIn(result.contents);
  const all = contents.map(contentAttachment);
  output.data(result);
  if (place) return saveOrHint(command, place, all);
  if (isForPerson(output)) {
    await showBlocks(
      output,
      contents.map((resource) => ({ type: "resource", resource })),
    );
    const blobs = all.filter((_, at) => typeof contents[at]?.blob === "string");
    return saveOrHint(command, undefined, blobs);
  }
  if (output.json) return;
  for (const { bytes, mimeType } of all)
    if (bytes) output.raw(bytes);
    else output.warn(`${mimeType || "a content"} is left out: what the server sent is no base64`);
}

const isForPerson = ({ json, screen }: Output): boolean => !json && screen.out.isTerminal;

const printed = (output: Output, text: string): void => {
  if (text !== "") output.print(text);
};

/** What only terminals want is loaded at terminals alone. */
async function showBlocks(output: Output, blocks: readonly JsonObject[]): Promise<void> {
  const { showBlock } = await import("./at-terminal.ts");
  for (const block of blocks) await showBlock(output, block);
}
