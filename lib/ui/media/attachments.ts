// What of a result is no text: images, sounds, files.
import { type JsonObject, objectOf, objectsIn, stringOf } from "../../json.ts";

/** What a result holds besides text: something to be saved, or looked at. */
export interface Attachment {
  kind: "image" | "audio" | "resource";
  /** Empty where the server does not say. */
  mimeType: string;
  /** Undefined where the server's base64 is none. */
  bytes: Uint8Array | undefined;
  /** Where the server has it. */
  uri?: string;
}

/** The attachment that a content block is or holds (MCP "Content"); undefined for text and links. */
export function attachmentIn(block: JsonObject): Attachment | undefined {
  const { type, data, mimeType } = block;
  if ((type === "image" || type === "audio") && typeof data === "string")
    return { kind: type, mimeType: stringOf(mimeType), bytes: bytesOf(data) };
  const resource = objectOf(block.resource);
  return type === "resource" && typeof resource.blob === "string" ? contentAttachment(resource) : undefined;
}

/** One of the contents of `resources/read`, its text too: what is read may be saved whatever it is. */
export const contentAttachment = ({ uri, mimeType, blob, text: words }: JsonObject): Attachment => ({
  kind: "resource",
  mimeType: stringOf(mimeType) || (typeof words === "string" ? "text/plain" : ""),
  bytes: typeof words === "string" ? new TextEncoder().encode(words) : bytesOf(stringOf(blob)),
  ...(typeof uri === "string" ? { uri } : {}),
});

/** All attachments of a list of content blocks. */
export const attachmentsIn = (blocks: unknown): Attachment[] =>
  objectsIn(blocks).flatMap((block) => attachmentIn(block) ?? []);

/** Base64 in either alphabet, whatever white space is between. */
function bytesOf(base64: string): Uint8Array | undefined {
  return /^[A-Za-z0-9+/_\s-]*=*\s*$/.test(base64) ? Buffer.from(base64, "base64") : undefined;
}
