import { showControls } from "../controls.ts";
import { isObject, type JsonObject } from "../json.ts";
import { jsonText } from "./json-text.ts";
import { table } from "./table.ts";
import { firstLine } from "./text.ts";

const text = (value: unknown) => (typeof value === "string" ? value : "");

/** A field of one line: a server must not put another line below it. */
const field = (value: unknown) => showControls(text(value));

/** Things with a name and a description, a line each. */
export const named = (items: readonly JsonObject[]): string =>
  table(items.map((item) => [text(item.name), firstLine(item.description ?? item.title)]));

/** Resources or templates, a line each. */
export const resources = (items: readonly JsonObject[]): string =>
  table(
    items.map((item) => [
      text(item.uri ?? item.uriTemplate),
      text(item.mimeType),
      firstLine(item.title ?? item.name),
    ]),
  );

/** Prompts with their arguments, optional ones in brackets. */
export const prompts = (items: readonly JsonObject[]): string =>
  table(
    items.map((item) => [
      text(item.name),
      list(item.arguments)
        .map((argument) => (argument.required ? text(argument.name) : `[${text(argument.name)}]`))
        .join(" "),
      firstLine(item.description ?? item.title),
    ]),
  );

/** One tool: what it does, and each of its arguments. */
export function tool(item: JsonObject): string {
  const schema = isObject(item.inputSchema) ? item.inputSchema : {};
  const properties = isObject(schema.properties) ? Object.entries(schema.properties) : [];
  const required = new Set<unknown>(Array.isArray(schema.required) ? schema.required : []);
  const rows = properties.map(([name, property]) => {
    const of = isObject(property) ? property : {};
    const words = [typeOf(of), required.has(name) ? "required" : ""].filter((word) => word !== "");
    return [`  ${name}`, words.join(", "), firstLine(of.description)];
  });
  const annotations = isObject(item.annotations) ? item.annotations : {};
  const hints = Object.entries(annotations)
    .filter(([, value]) => value === true)
    .map(([name]) => showControls(name.replace(/Hint$/, "")));
  return [
    `${field(item.name)}${item.title ? ` — ${field(item.title)}` : ""}`,
    text(item.description),
    rows.length > 0 ? `\nArguments:\n${table(rows)}` : "\nNo arguments",
    hints.length > 0 ? `\nThe server calls it ${hints.join(", ")}` : "",
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** Levels of lists within lists that are named. */
const NAMED_LEVELS = 5;

function typeOf(property: JsonObject, levels = NAMED_LEVELS): string {
  if (Array.isArray(property.enum)) return property.enum.map((value) => jsonText(value)).join("|");
  if (Array.isArray(property.type)) return property.type.map(text).join("|");
  const items = isObject(property.items) && levels > 0 ? typeOf(property.items, levels - 1) : "";
  return property.type === "array" && items ? `array of ${items}` : text(property.type);
}

/** What a tool or prompt yields: text as it is, other content named by kind and size. */
export function content(blocks: unknown): string {
  return list(blocks).map(block).join("\n");
}

function block(item: JsonObject): string {
  switch (item.type) {
    case "text":
      return text(item.text);
    case "image":
    case "audio":
      return `[${item.type} ${field(item.mimeType)}, ${bytesOf(item.data)} bytes]`;
    case "resource_link":
      return `[link ${field(item.uri)}${item.name ? ` ${field(item.name)}` : ""}]`;
    case "resource": {
      const resource = isObject(item.resource) ? item.resource : {};
      if (typeof resource.text === "string") return resource.text;
      return `[resource ${field(resource.uri)}, ${bytesOf(resource.blob)} bytes]`;
    }
    default:
      return jsonText(item);
  }
}

/** A tool's result for people: its content, else its structured content. */
export function toolResult(result: JsonObject): string {
  const shown = content(result.content);
  if (shown !== "" || result.structuredContent === undefined) return shown;
  return jsonText(result.structuredContent, 2);
}

/** A prompt's messages, each under the role that speaks. */
export const messages = (items: unknown): string =>
  list(items)
    .map((message) => `${field(message.role)}:\n${content([message.content])}`)
    .join("\n\n");

const list = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

const bytesOf = (base64: unknown) => {
  const encoded = text(base64);
  const padding = /={0,2}$/.exec(encoded.slice(-2))?.[0].length ?? 0;
  return Math.floor(((encoded.length - padding) * 3) / 4);
};
