import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { isObject } from "../../json.ts";
import { Damaged, type Format, nested, type Path } from "./format.ts";
import { commentsFrom, type Trivia } from "./json-trivia.ts";
import { endBefore, indentAt, indentUnit, lineEnd, spliced } from "./layout.ts";

/** @param lenient comments and a comma before a closing brace are no faults: JSON with comments */
export const jsonFormat = (lenient: boolean): Format => ({
  read: (text, path) => dataOf(find(text, parsed(text, lenient), path)),
  set: (text, path, value) => set(text, path, value, lenient),
  remove: (text, path) => remove(text, path, lenient),
});

/** The tree of a text; undefined where there is nothing but space and comments. */
function parsed(text: string, lenient: boolean): Node | undefined {
  if (text.trim() === "") return undefined;
  const errors: ParseError[] = [];
  const options = { allowTrailingComma: lenient, disallowComments: !lenient, allowEmptyContent: lenient };
  const root = parseTree(text, errors, options);
  const [first] = errors;
  if (first) throw new Damaged(text, first.offset, wordsFor(printParseErrorCode(first.error)));
  if (root && root.type !== "object") throw new Damaged(text, root.offset, "an object is expected here");
  return root;
}

/** The parser's `CommaExpected` as `a comma is expected here`. */
function wordsFor(code: string): string {
  if (code === "InvalidCommentToken") return "this host takes no comments";
  const expected = /^(.*)Expected$/.exec(code)?.[1];
  const words = (expected ?? code).replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return expected ? `${words.toLowerCase()} expected` : words.toLowerCase();
}

interface Property {
  node: Node;
  key: string;
  value: Node;
}

const propertiesOf = (object: Node): Property[] =>
  (object.children ?? []).flatMap((node) => {
    const [key, value] = node.children ?? [];
    return key && value ? [{ node, key: String(key.value), value }] : [];
  });

const endOf = (node: Node) => node.offset + node.length;

/** The last of a name counts, for every parser; one that has two is left to its owner. */
function property(text: string, object: Node, key: string): Property | undefined {
  const found = propertiesOf(object).filter((one) => one.key === key);
  if (found[1]) throw new Damaged(text, found[1].node.offset, `"${key}" stands here twice`);
  return found[0];
}

function find(text: string, root: Node | undefined, path: Path): Node | undefined {
  let at = root;
  for (const key of path) at = at && property(text, at, key)?.value;
  return at;
}

function dataOf(node: Node | undefined): unknown {
  if (!node) return undefined;
  if (node.type === "array") return (node.children ?? []).map(dataOf);
  if (node.type !== "object") return node.value;
  return Object.fromEntries(propertiesOf(node).map(({ key, value }) => [key, dataOf(value)]));
}

/** How what is added is printed: over lines, or on one where its neighbours are. */
interface Style {
  end: string;
  unit: string;
  /** In a text that is one line. */
  space: string;
}

const styleOf = (text: string): Style => ({
  end: lineEnd(text),
  unit: indentUnit(text, "  "),
  space: /":\S/.test(text) && !/": /.test(text) ? "" : " ",
});

/** A value over lines; lists of plain values stay on one. @param indent of the line it begins on; null for one line */
function printed(value: unknown, indent: string | null, style: Style): string {
  const { end, unit, space } = style;
  if (Array.isArray(value)) {
    const items = value.map((item) => printed(item, null, style));
    return `[${items.join(`,${space}`)}]`;
  }
  if (!isObject(value)) return JSON.stringify(value);
  const inner = indent === null ? null : indent + unit;
  const members = Object.entries(value).map(
    ([key, held]) => `${JSON.stringify(key)}:${space}${printed(held, inner, style)}`,
  );
  if (members.length === 0) return "{}";
  if (inner === null) return `{${members.join(`,${space}`)}}`;
  return `{${end}${inner}${members.join(`,${end}${inner}`)}${end}${indent}}`;
}

function set(text: string, path: Path, value: unknown, lenient: boolean): string {
  const root = parsed(text, lenient);
  const style = styleOf(text);
  if (!root) {
    const before = text.trim() === "" ? "" : `${text.trimEnd()}${style.end}`;
    return `${before}${printed(nested(path, value), "", style)}${style.end}`;
  }
  let at = root;
  for (const [depth, key] of path.entries()) {
    const found = property(text, at, key);
    if (!found) return inserted(text, at, key, nested(path.slice(depth + 1), value), style);
    if (depth < path.length - 1 && found.value.type !== "object") {
      // Some write null for nothing.
      if (found.value.type !== "null") throw new Damaged(text, found.value.offset, `"${key}" is no object`);
      return replaced(text, found.value, nested(path.slice(depth + 1), value), style);
    }
    at = found.value;
  }
  return replaced(text, at, value, style);
}

function replaced(text: string, node: Node, value: unknown, style: Style): string {
  const indent = isOneLine(text, node) && text.includes("\n") === false ? null : indentAt(text, node.offset);
  return spliced(text, node.offset, endOf(node), printed(value, indent, style));
}

const isOneLine = (text: string, node: Node) => !text.slice(node.offset, endOf(node)).includes("\n");

function inserted(text: string, object: Node, key: string, value: unknown, style: Style): string {
  const close = endOf(object) - 1;
  const last = propertiesOf(object).at(-1)?.node;
  const member = (indent: string | null) =>
    `${JSON.stringify(key)}:${style.space}${printed(value, indent, style)}`;
  if (!last) {
    const inner = text.slice(object.offset + 1, close);
    const isMinified = isOneLine(text, object) && object.offset > 0 && !text.trimEnd().includes("\n");
    if (isMinified) return spliced(text, object.offset + 1, close, member(null));
    const outer = indentAt(text, object.offset);
    const indent = outer + style.unit;
    return spliced(
      text,
      object.offset + 1,
      close,
      `${inner.trimEnd()}${style.end}${indent}${member(indent)}${style.end}${outer}`,
    );
  }
  const after = commentsFrom(text, endOf(last), close);
  const at = after.endOfOwnLine;
  const comma = after.comma === undefined ? "" : ",";
  const added = isOneLine(text, object)
    ? `${style.space}${member(null)}${comma}`
    : `${style.end}${siblingIndent(text, object, last, style)}${member(siblingIndent(text, object, last, style))}${comma}`;
  const before = text.slice(endOf(last), at);
  return spliced(text, endOf(last), at, `${after.comma === undefined ? "," : ""}${before}${added}`);
}

/** Of the line of a neighbour where it begins one. */
function siblingIndent(text: string, object: Node, last: Node, style: Style): string {
  const indent = indentAt(text, last.offset);
  const begins = text.slice(text.lastIndexOf("\n", last.offset) + 1, last.offset).trim() === "";
  return begins ? indent : indentAt(text, object.offset) + style.unit;
}

function remove(text: string, path: Path, lenient: boolean): string {
  const root = parsed(text, lenient);
  const object = find(text, root, path.slice(0, -1));
  const key = path.at(-1);
  const found = object && key !== undefined ? property(text, object, key) : undefined;
  if (!object || !found) return text;
  const close = endOf(object) - 1;
  const members = propertiesOf(object);
  const index = members.findIndex(({ node }) => node === found.node);
  const before = members[index - 1]?.node;
  const after: Trivia = commentsFrom(text, endOf(found.node), members[index + 1]?.node.offset ?? close);
  const start = endBefore(text, found.node.offset);
  const end = after.comma === undefined ? endOf(found.node) : after.comma + 1;
  if (members.length === 1) {
    const left = text.slice(object.offset + 1, start) + text.slice(end, close);
    if (left.trim() === "") return spliced(text, object.offset, endOf(object), "{}");
  }
  const without = spliced(text, start, end, "");
  if (after.comma !== undefined || !before) return without;
  // It was the last: its neighbour's comma was for it.
  const { comma } = commentsFrom(text, endOf(before), found.node.offset);
  return comma === undefined ? without : spliced(without, comma, comma + 1, "");
}
