// Markdown as it reads at a terminal.
import { type JsonObject, objectOf } from "../../json.ts";
import type { Screen } from "../screen/screen.ts";
import { type Shown, shownLines } from "../screen/style.ts";
import { isReadable, looksLikeMarkdown } from "./looks-like.ts";

/**
 * A text block that is Markdown, or the text of a resource of that type, as it is read at a terminal with colour;
 * undefined where it is none, or must stay as it is written.
 */
export async function markdownShown(block: JsonObject, screen: Screen): Promise<Shown | undefined> {
  // Without marks nothing would show what they stood for.
  if (!screen.isTerminal || screen.colours === 0) return undefined;
  const resource = objectOf(block.resource);
  const text = block.type === "text" ? block.text : block.type === "resource" ? resource.text : undefined;
  if (typeof text !== "string" || !isReadable(text)) return undefined;
  const isSaid = /^text\/(x-)?markdown\b/.test(
    typeof resource.mimeType === "string" ? resource.mimeType : "",
  );
  if (!isSaid && (block.type !== "text" || !looksLikeMarkdown(text))) return undefined;
  const { blocksShown } = await import("./blocks.ts");
  // Before anything reads it: no mark of ours is the server's.
  return blocksShown(shownLines(text), screen);
}
