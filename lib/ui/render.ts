import { showControls } from "../controls.ts";
import { isObject, type JsonObject, objectsIn, stringOf } from "../json.ts";
import { jsonText } from "./json-text.ts";

/** A field of one line: a server must not put another line below it. */
const field = (value: unknown) => showControls(stringOf(value));

/** The blocks of a content. One in place of a list, and a text in place of a block, are what they say. */
export const blocksOf = (content: unknown): JsonObject[] =>
  (Array.isArray(content) ? content : [content]).flatMap((one) =>
    typeof one === "string" ? [{ type: "text", text: one }] : isObject(one) ? [one] : [],
  );

/** What a tool or prompt yields: text as it is, other content named by kind and size. */
export const content = (blocks: unknown): string => blocksOf(blocks).map(block).join("\n");

/** One content block. */
export function block(item: JsonObject): string {
  switch (item.type) {
    case "text":
      return stringOf(item.text);
    case "image":
    case "audio":
      return named([item.type, item.mimeType], item.data);
    case "resource_link":
      return `[link ${field(item.uri)}${item.name ? ` ${field(item.name)}` : ""}]`;
    case "resource": {
      const resource = isObject(item.resource) ? item.resource : {};
      if (typeof resource.text === "string") return resource.text;
      return named(["resource", resource.uri, resource.mimeType], resource.blob);
    }
    default:
      return jsonText(item);
  }
}

/** What is no text, by what is known of it, and its size. */
const named = (words: unknown[], base64: unknown) =>
  `[${words
    .map(field)
    .filter((word) => word !== "")
    .join(" ")}, ${bytesOf(base64)} bytes]`;

/** A tool's result for people: its content, else its structured content. */
export function toolResult(result: JsonObject): string {
  const shown = content(result.content);
  if (shown !== "" || result.structuredContent === undefined) return shown;
  return jsonText(result.structuredContent, 2);
}

/** A prompt's messages, each under the role that speaks. */
export const messages = (items: unknown): string =>
  objectsIn(items)
    .map((message) => `${field(message.role)}:\n${content(message.content)}`)
    .join("\n\n");

const bytesOf = (base64: unknown) => {
  const encoded = stringOf(base64);
  const padding = /={0,2}$/.exec(encoded.slice(-2))?.[0].length ?? 0;
  return Math.floor(((encoded.length - padding) * 3) / 4);
};
