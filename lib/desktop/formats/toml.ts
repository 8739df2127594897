import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";
import { isObject } from "../../json.ts";
import { Damaged, type Format, type Path } from "./format.ts";
import { endOfLine, lineBreakBefore, lineEnd, spliced } from "./layout.ts";

export const TOML: Format = { read, set, remove };

type Table = AST.TOMLTable;
type KeyValue = AST.TOMLKeyValue;

function parsed(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (error) {
    if (error instanceof ParseError)
      throw new Damaged(
        text,
        error.index,
        error.message.replace(/^\w/, (letter) => letter.toLowerCase()),
      );
    throw error;
  }
}

function read(text: string, path: Path): unknown {
  let at: unknown = getStaticTOMLValue(parsed(text));
  for (const key of path) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/** What defines something at or below a path, wherever it stands. */
interface Definition {
  node: Table | KeyValue;
  path: Path;
}

function definitions(text: string): Definition[] {
  return parsed(text).body[0].body.flatMap((node): Definition[] =>
    node.type === "TOMLKeyValue"
      ? withInline(node, [])
      : [
          { node, path: node.resolvedKey.map(String) },
          ...node.body.flatMap((one) => withInline(one, node.resolvedKey.map(String))),
        ],
  );
}

function withInline(node: KeyValue, under: Path): Definition[] {
  const path = [...under, ...node.key.keys.map((key) => (key.type === "TOMLBare" ? key.name : key.value))];
  const { value } = node;
  const inner = value.type === "TOMLInlineTable" ? value.body.flatMap((one) => withInline(one, path)) : [];
  return [{ node, path }, ...inner];
}

const isAt = ({ path }: Definition, wanted: Path) =>
  path.length === wanted.length && isWithin({ path }, wanted);
const isWithin = ({ path }: { path: Path }, base: Path) => base.every((key, at) => path[at] === key);
const isTable = (node: Table | KeyValue): node is Table => node.type === "TOMLTable";

function set(text: string, path: Path, value: unknown): string {
  const all = definitions(text);
  const there = all.find((one) => isAt(one, path));
  if (there && !isTable(there.node)) return spliced(text, ...there.node.value.range, printed(value));
  if (there || all.some((one) => isWithin(one, path))) return set(remove(text, path), path, value);
  const parent = all.find((one) => isAt(one, path.slice(0, -1)));
  if (parent && !isTable(parent.node)) return intoInline(text, parent.node, path, value);
  // A value goes below the header of its table; a table gets a header of its own.
  if (parent && isTable(parent.node) && !isObject(value))
    return intoTable(text, parent.node, path.at(-1) ?? "", value);
  return appended(text, all, path, value);
}

function appended(text: string, all: Definition[], path: Path, value: unknown): string {
  const end = lineEnd(text);
  const block = tableText(path, value).join(end);
  const kin = all.filter((one) => isWithin(one, path.slice(0, 1)));
  // Keys at the top must stand before all headers: after those comes a header of its own alone.
  const last = kin.findLast(({ node }) => isTable(node))?.node;
  const at = endOfLine(text, last ? last.range[1] : text.trimEnd().length);
  if (text.slice(0, at).trim() === "")
    return `${text.slice(0, at)}${block}${end}${text.slice(at).trimStart()}`;
  return spliced(text, at, at, `${end}${end}${block}`);
}

function intoTable(text: string, table: Table, key: string, value: unknown): string {
  const at = endOfLine(text, table.range[1]);
  return spliced(text, at, at, `${lineEnd(text)}${keyText(key)} = ${printed(value)}`);
}

function intoInline(text: string, { value: table }: KeyValue, path: Path, value: unknown): string {
  const key = path.at(-1) ?? "";
  if (table.type !== "TOMLInlineTable")
    throw new Damaged(text, table.range[0], `${path.slice(0, -1).join(".")} is no table`);
  const last = table.body.at(-1);
  if (!last) return spliced(text, ...table.range, `{ ${keyText(key)} = ${printed(value)} }`);
  return spliced(text, last.range[1], last.range[1], `, ${keyText(key)} = ${printed(value)}`);
}

function remove(text: string, path: Path): string {
  const found = definitions(text).filter((one) => isWithin(one, path));
  // From the last to the first, so that places before stay right; what stands within another goes with it.
  const outer = found.filter(
    ({ node }) => !found.some((other) => other.node !== node && contains(other.node, node)),
  );
  let left = text;
  for (const { node } of outer.reverse()) left = without(left, node);
  return left;
}

const contains = (outer: Table | KeyValue, { range }: Table | KeyValue) =>
  outer.range[0] <= range[0] && range[1] <= outer.range[1];

function without(text: string, node: Table | KeyValue): string {
  const [from, to] = node.range;
  if (!isTable(node) && node.parent.type === "TOMLInlineTable") return withoutMember(text, node, node.parent);
  const start = lineBreakBefore(text, from, isTable(node) ? 1 : 0);
  const end = endOfLine(text, to);
  // What came first leaves no empty lines to what follows it.
  if (start === 0) return text.slice(end).replace(/^(?:[ \t]*\r?\n)+/, "");
  return spliced(text, start, end, "");
}

/** With the comma that is left over. */
function withoutMember(text: string, node: KeyValue, table: AST.TOMLInlineTable): string {
  const index = table.body.indexOf(node);
  const [before, after] = [table.body[index - 1], table.body[index + 1]];
  if (before) return spliced(text, before.range[1], node.range[1], "");
  if (after) return spliced(text, node.range[0], after.range[0], "");
  return spliced(text, ...table.range, "{}");
}

/** The lines of a table with a header; tables within it are written on a line each. */
const tableText = (path: Path, value: unknown): string[] => {
  if (!isObject(value))
    return [
      `[${path.slice(0, -1).map(keyText).join(".")}]`,
      `${keyText(path.at(-1) ?? "")} = ${printed(value)}`,
    ];
  return [
    `[${path.map(keyText).join(".")}]`,
    ...Object.entries(value).map(([key, held]) => `${keyText(key)} = ${printed(held)}`),
  ];
};

const keyText = (key: string) => (/^[\w-]+$/.test(key) ? key : stringText(key));

// What JSON escapes is escaped alike in TOML's basic strings, but for one character.
const stringText = (text: string) => JSON.stringify(text).replaceAll("\u007f", "\\u007f");

function printed(value: unknown): string {
  if (typeof value === "string") return stringText(value);
  if (Array.isArray(value)) return `[${value.map(printed).join(", ")}]`;
  if (!isObject(value)) return String(value);
  const members = Object.entries(value).map(([key, held]) => `${keyText(key)} = ${printed(held)}`);
  return members.length > 0 ? `{ ${members.join(", ")} }` : "{}";
}
