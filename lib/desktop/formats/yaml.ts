import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { isObject } from "../../json.ts";
import { Damaged, type Format, nested, type Path } from "./format.ts";
import { endOfLine, lineBreakBefore, lineEnd, spliced } from "./layout.ts";

export const YAML: Format = { read, set, remove };

function parsed(text: string): Document.Parsed {
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
  const [first] = document.errors;
  if (first)
    throw new Damaged(
      text,
      first.pos[0],
      first.code === "MULTIPLE_DOCS"
        ? "one document is expected, and here begins another"
        : first.message.replace(/^\w/, (letter) => letter.toLowerCase()),
    );
  const { contents } = document;
  if (contents && !isMap(contents) && !isNothing(contents))
    throw new Damaged(text, contents.range[0], "a mapping is expected here");
  return document;
}

function read(text: string, path: Path): unknown {
  const document = parsed(text);
  const found = path.length === 0 ? document.contents : document.getIn(path, true);
  return isCollection(found) || isAlias(found)
    ? found.toJS(document)
    : isScalar(found)
      ? found.value
      : undefined;
}

const isNothing = (node: unknown) => node === null || (isScalar(node) && node.value === null);

/** A node of a text has one. */
const rangeOf = (node: unknown): readonly [number, number] => {
  const range = isScalar(node) || isCollection(node) || isAlias(node) ? node.range : undefined;
  return [range?.[0] ?? 0, range?.[1] ?? 0];
};

const pairOf = (map: YAMLMap, key: string): Pair | undefined =>
  map.items.find((item) => isScalar(item.key) && String(item.key.value) === key);

/** Where what a node says ends: comments and empty lines after it are not its own. */
function endOf(node: unknown): number {
  if (isPair(node)) return Math.max(endOf(node.key), isNothing(node.value) ? 0 : endOf(node.value));
  if (isCollection(node) && !node.flow) {
    const last = node.items.at(-1);
    if (last !== undefined) return endOf(last);
  }
  return rangeOf(node)[1];
}

/** Behind the colon of a pair. */
const afterColon = (text: string, pair: Pair) => text.indexOf(":", rangeOf(pair.key)[1]) + 1;

function set(text: string, path: Path, value: unknown): string {
  const { contents } = parsed(text);
  const end = lineEnd(text);
  if (!isMap(contents) || contents.items.length === 0) {
    if (isMap(contents)) return spliced(text, ...rangeOf(contents), lines(nested(path, value), 0).join(end));
    const at = text.trimEnd().length;
    const before = at === 0 ? "" : `${text.slice(0, at)}${end}`;
    return `${before}${lines(nested(path, value), 0).join(end)}${end}${text.slice(at).replace(/^\r?\n/, "")}`;
  }
  let at: YAMLMap = contents;
  for (const [depth, key] of path.entries()) {
    const rest = nested(path.slice(depth + 1), value);
    const pair = pairOf(at, key);
    if (!pair) return inserted(text, at, key, rest);
    const held = pair.value;
    const isLast = depth === path.length - 1;
    if (isLast && isCollection(held) && isObject(value)) return set(remove(text, path), path, value);
    if (isLast || isNothing(held) || (isMap(held) && held.items.length === 0))
      return replaced(text, at, pair, rest);
    if (!isMap(held)) throw new Damaged(text, rangeOf(held)[0], `${key} is no mapping`);
    at = held;
  }
  return text;
}

/** The column of a block mapping's keys. */
function columnOf(text: string, map: YAMLMap): number {
  const [first] = map.items;
  const at = first ? rangeOf(first.key)[0] : 0;
  return at - (text.lastIndexOf("\n", at - 1) + 1);
}

/** Steps by which mappings within the first one are indented. */
function stepOf(text: string): number {
  return /^( +)(?=[^\s#-])/m.exec(text)?.[1]?.length ?? 2;
}

function replaced(text: string, map: YAMLMap, pair: Pair, value: unknown): string {
  const colon = afterColon(text, pair);
  const until = isNothing(pair.value) ? endOfNothing(text, colon) : endOf(pair.value);
  if (map.flow || !isObject(value) || Object.keys(value).length === 0)
    return spliced(text, colon, until, ` ${inline(value)}`);
  // What is said on the key's line stays there.
  const line = endOfLine(text, until);
  const said = text.slice(until, line).trim();
  const block = lines(value, columnOf(text, map) + stepOf(text), stepOf(text)).join(lineEnd(text));
  return spliced(text, colon, line, `${said && ` ${said}`}${lineEnd(text)}${block}`);
}

/** Where a value that is null ends: some write it out. */
const endOfNothing = (text: string, colon: number): number =>
  colon + (/^[ \t]*(?:null|~)(?=\s|$)/i.exec(text.slice(colon))?.[0].length ?? 0);

function inserted(text: string, map: YAMLMap, key: string, value: unknown): string {
  const last = map.items.at(-1);
  const end = endOf(last);
  if (map.flow) return spliced(text, end, end, `, ${scalar(key)}: ${inline(value)}`);
  const block = lines({ [key]: value }, columnOf(text, map), stepOf(text)).join(lineEnd(text));
  // A text over lines has its line end within, and all that it keeps.
  if (text[end - 1] === "\n") return spliced(text, end, end, `${block}${lineEnd(text)}`);
  const at = endOfLine(text, end);
  return spliced(text, at, at, `${lineEnd(text)}${block}`);
}

function remove(text: string, path: Path): string {
  const { contents } = parsed(text);
  let at: unknown = contents;
  let parent: Pair | undefined;
  for (const key of path.slice(0, -1)) {
    parent = isMap(at) ? pairOf(at, key) : undefined;
    at = parent?.value;
  }
  const pair = isMap(at) ? pairOf(at, path.at(-1) ?? "") : undefined;
  if (!isMap(at) || !pair) return text;
  if (at.flow) return withoutMember(text, at, pair);
  const from = rangeOf(pair.key)[0];
  const end = endOfLine(text, endOf(pair));
  const before = at.items[at.items.indexOf(pair) - 1];
  if (before && text[endOf(before) - 1] === "\n" && end < text.length)
    return spliced(text, text.lastIndexOf("\n", from) + 1, text.indexOf("\n", end) + 1 || text.length, "");
  const start = lineBreakBefore(text, from, 0);
  // The last of a mapping leaves an empty one: nothing would be no mapping.
  if (at.items.length === 1 && parent) {
    const colon = afterColon(text, parent);
    return `${text.slice(0, colon)} {}${text.slice(colon, start)}${text.slice(end)}`;
  }
  if (start === 0) return text.slice(end).replace(/^(?:[ \t]*\r?\n)+/, "");
  return spliced(text, start, end, "");
}

function withoutMember(text: string, map: YAMLMap, pair: Pair): string {
  const index = map.items.indexOf(pair);
  const [before, after] = [map.items[index - 1], map.items[index + 1]];
  if (before) return spliced(text, endOf(before), endOf(pair), "");
  if (after) return spliced(text, rangeOf(pair.key)[0], rangeOf(after.key)[0], "");
  return spliced(text, ...rangeOf(map), "{}");
}

/** A mapping over lines; what is within its members' lists stays on a line. */
function lines(value: unknown, column: number, step = 2): string[] {
  const indent = " ".repeat(column);
  return Object.entries(isObject(value) ? value : {}).flatMap(([key, held]) =>
    isObject(held) && Object.keys(held).length > 0
      ? [`${indent}${scalar(key)}:`, ...lines(held, column + step, step)]
      : [`${indent}${scalar(key)}: ${inline(held)}`],
  );
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([key, held]) => `${scalar(key)}: ${inline(held)}`)
      .join(", ")}}`;
  return typeof value === "string" ? scalar(value) : String(value);
}

/** Quoted wherever a reader of any version could take it for something else. */
const scalar = (text: string) =>
  /^[A-Za-z_/][\w./-]*$/.test(text) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text);
