import { isObject, type JsonObject } from "../../json.ts";
import { shortened } from "../../plain-text.ts";
import type { Piece, Row } from "../screen/rows.ts";
import { firstLine } from "./first-line.ts";
import { promptRow, resourceRow, toolRow } from "./lists.ts";

/** What a server lists, in the order in which it is shown. */
export const KINDS = {
  tool: { method: "tools/list", key: "tools", row: toolRow },
  prompt: { method: "prompts/list", key: "prompts", row: promptRow },
  resource: { method: "resources/list", key: "resources", row: resourceRow },
  template: { method: "resources/templates/list", key: "resourceTemplates", row: resourceRow },
} as const;
export type Kind = keyof typeof KINDS;

/** Something of a server in which a word was found. */
export interface Match {
  /** As the user would write it. */
  target: string;
  kind: Kind;
  item: JsonObject;
}

/** Levels of a schema that are looked through for names and descriptions. */
const MOST_LEVELS = 6;
/** Characters of a line that are shown. */
const LONGEST_LINE = 400;

/** Whether a word is in what an item says of itself: names, titles, descriptions, addresses, those of arguments too. */
export const isMatch = (item: JsonObject, word: string): boolean =>
  textsOf(item).some((text) => isIn(text, word));

function textsOf({ inputSchema, arguments: list, ...item }: JsonObject): string[] {
  const own = ["name", "title", "description", "uri", "uriTemplate", "mimeType"].map((key) => item[key]);
  const words = Array.isArray(list) ? list.filter(isObject).flatMap(textsOf) : [];
  return [
    ...own.filter((text) => typeof text === "string"),
    ...words,
    ...schemaTexts(inputSchema, MOST_LEVELS),
  ];
}

function schemaTexts(schema: unknown, levels: number): string[] {
  if (!isObject(schema) || levels === 0) return [];
  const { properties, items, description } = schema;
  return [
    ...(typeof description === "string" ? [description] : []),
    ...(isObject(properties)
      ? Object.entries(properties).flatMap(([name, within]) => [name, ...schemaTexts(within, levels - 1)])
      : []),
    ...schemaTexts(items, levels - 1),
  ];
}

/** A match as a line, with the line of its texts that has the word. */
export function matchRow({ target, kind, item }: Match, word: string): Row {
  const { head } = KINDS[kind].row(item);
  const [name = ""] = head;
  const { description, title, name: own } = item;
  const isAddress = kind === "resource" || kind === "template";
  const said = firstLine(isAddress ? (title ?? own) : (description ?? title));
  const line = isIn(said, word) ? said : (lineWith(textsOf(item), word) ?? said);
  return { head: [target, { text: kind, role: "muted" }, name], text: [emphasized(line, word)] };
}

const isIn = (text: string, word: string) => text.toLowerCase().includes(word.toLowerCase());

/** Of names and addresses nothing: they stand in the row already. */
const lineWith = (texts: readonly string[], word: string): string | undefined =>
  texts
    .flatMap((text) => text.split(/\r?\n/))
    .find((line) => isIn(line, word) && line.includes(" "))
    ?.trim();

/** The word where it stands in a line. */
function emphasized(line: string, word: string): Piece[] {
  const text = shortened(line, LONGEST_LINE);
  const at = text.toLowerCase().indexOf(word.toLowerCase());
  // Small letters may be longer than large ones.
  if (at < 0 || text.length !== text.toLowerCase().length) return [text];
  const end = at + word.length;
  return [text.slice(0, at), { text: text.slice(at, end), role: "match" }, text.slice(end)];
}
