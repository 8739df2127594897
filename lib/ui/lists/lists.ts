// Lists of what a server has, an item a row.
import { isObject, type JsonObject, objectsIn, stringOf } from "../../json.ts";
import { argumentsOf, typeWords } from "../../schema/type-words.ts";
import { type Piece, type Row, rowsShown } from "../screen/rows.ts";
import type { Screen } from "../screen/screen.ts";
import type { Shown } from "../screen/style.ts";
import { effectOf } from "./effects.ts";
import { firstLine } from "./first-line.ts";

/** Arguments of one tool that a list names, and characters of one's type. */
const MOST_ARGUMENTS = 30;
const LONGEST_TYPE = 60;

/** What a list names: things of a server, as lines for people. */
export type Listed = (items: readonly JsonObject[], screen: Screen) => Shown;

const list =
  (row: (item: JsonObject) => Row): Listed =>
  (items, screen) =>
    rowsShown(items.map(row), screen);

/** A tool as its signature, what it does to the world where the server says so, and the first line of what it does. */
export const toolRow = (tool: JsonObject): Row => {
  const { word, role } = effectOf(tool);
  // What is said of every tool that has no hints says nothing.
  const isSaid = word !== "destructive?" || isObject(tool.annotations);
  return {
    head: [signature(tool), isSaid ? { text: word, role } : ""],
    text: firstLine(tool.description ?? tool.title),
  };
};

/** A prompt with its arguments, optional ones in brackets. */
export const promptRow = (prompt: JsonObject): Row => ({
  head: [{ text: stringOf(prompt.name), role: "name" }, promptArguments(prompt)],
  text: firstLine(prompt.description ?? prompt.title),
});

/** A resource or a template of them. */
export const resourceRow = (resource: JsonObject): Row => ({
  head: [{ text: stringOf(resource.uri ?? resource.uriTemplate), role: "name" }, stringOf(resource.mimeType)],
  text: firstLine(resource.title ?? resource.name),
});

/** A column that says nothing of any tool is left out. */
export const tools: Listed = (items, screen) => {
  const rows = items.map(toolRow);
  // Not `every`, which a start would compile for this alone.
  const isSilent = rows.find(({ head: [, effect] }) => effect !== "") === undefined;
  return rowsShown(isSilent ? rows.map((row) => ({ ...row, head: row.head.slice(0, 1) })) : rows, screen);
};
export const prompts = list(promptRow);
export const resources = list(resourceRow);

/** `add(a: number, b?: number)`; the bare name of a tool that takes nothing. */
function signature(tool: JsonObject): Piece[] {
  const all = argumentsOf(tool.inputSchema);
  const how = { root: tool.inputSchema, or: "|", levels: 0, longest: LONGEST_TYPE };
  const named = all
    .slice(0, MOST_ARGUMENTS)
    .map(({ name, required, source }) => `${name}${required ? "" : "?"}: ${typeWords(source, how)}`);
  const more = all.length > named.length ? [`… ${all.length - named.length} more`] : [];
  const name: Piece = { text: stringOf(tool.name), role: "name" };
  return all.length === 0 ? [name] : [name, `(${[...named, ...more].join(", ")})`];
}

const promptArguments = (prompt: JsonObject): string =>
  objectsIn(prompt.arguments)
    .map((argument) => (argument.required ? stringOf(argument.name) : `[${stringOf(argument.name)}]`))
    .join(" ");
