import type { JsonObject } from "../../json.ts";
import { markdownShown } from "../../ui/markdown/markdown.ts";
import { attachmentIn } from "../../ui/media/attachments.ts";
import { inlineImage } from "../../ui/media/inline-image.ts";
import type { Output } from "../../ui/output.ts";
import { block } from "../../ui/render.ts";

/** One content block for a person: a picture between the lines where the terminal can, Markdown as it is read. */
export async function showBlock(output: Output, one: JsonObject): Promise<void> {
  const attachment = attachmentIn(one);
  const { out } = output.screen;
  const isPicture = attachment?.kind === "image" || attachment?.mimeType.startsWith("image/");
  const picture = isPicture && attachment?.bytes ? inlineImage(attachment.bytes, out) : undefined;
  if (picture !== undefined) output.show(picture);
  const markdown = attachment ? undefined : await markdownShown(one, out);
  if (markdown !== undefined) output.show(markdown);
  else output.print(block(one));
}

/** A text of a server's for a person, who reads Markdown as it is meant. */
export const showText = (output: Output, text: string): Promise<void> =>
  showBlock(output, { type: "text", text });
