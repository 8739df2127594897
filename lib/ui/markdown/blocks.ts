import { lexer, type Token, type Tokens } from "marked";
import { textWidth, wrapText } from "../../platform/text-width.ts";
import type { Screen } from "../screen/screen.ts";
import { marked, type Shown } from "../screen/style.ts";
import { inlineShown } from "./inline.ts";

/** Columns of a rule, and those that a text gets at least, however deep it stands. */
const RULE_COLUMNS = 40;
const LEAST_COLUMNS = 20;

/** Markdown as lines for a terminal. @param text its control characters must be shown already */
export const blocksShown = (text: string, screen: Screen): Shown =>
  lines(lexer(text), screen, screen.columns ?? RULE_COLUMNS).join("\n") as Shown;

function lines(tokens: readonly Token[], screen: Screen, columns: number): string[] {
  const all: string[] = [];
  for (const token of tokens) {
    const own = token.type === "space" ? [] : block(token, screen, Math.max(columns, LEAST_COLUMNS));
    if (own.length === 0) continue;
    if (all.length > 0) all.push("");
    all.push(...own);
  }
  return all;
}

function block(token: Token, screen: Screen, columns: number): string[] {
  switch (token.type) {
    case "heading":
      return wrapped(marked(plain((token as Tokens.Heading).tokens), screen, "heading"), columns);
    case "list":
      return list(token as Tokens.List, screen, columns);
    case "code":
      return (token as Tokens.Code).text.split("\n").map((line) => `    ${marked(line, screen, "code")}`);
    case "blockquote":
      return lines((token as Tokens.Blockquote).tokens, screen, columns - 2).map(
        (line) => `${marked("│", screen, "muted")} ${line}`,
      );
    case "table":
      return table(token as Tokens.Table, screen);
    case "hr":
      return [marked("─".repeat(Math.min(columns, RULE_COLUMNS)), screen, "muted")];
    case "def":
      return [token.raw.trimEnd()];
    default:
      return "tokens" in token && token.tokens
        ? wrapped(inlineShown(token.tokens, screen), columns)
        : token.raw.trimEnd().split("\n");
  }
}

const wrapped = (text: string, columns: number): string[] =>
  text.split("\n").flatMap((line) => wrapText(line, columns, { hard: true }).split("\n"));

/** Without marks of its own: those within would end the one around. */
const plain = (tokens: readonly Token[]): string =>
  tokens
    .map((token) =>
      "tokens" in token && token.tokens && token.type !== "link"
        ? plain(token.tokens)
        : token.type === "codespan"
          ? (token as Tokens.Codespan).text
          : token.raw,
    )
    .join("");

function list({ ordered, start, items, loose }: Tokens.List, screen: Screen, columns: number): string[] {
  return items.flatMap((item, index) => {
    const bullet = ordered ? `${Number(start || 1) + index}.` : "•";
    const box = item.task ? `${item.checked ? "[x]" : "[ ]"} ` : "";
    const indent = " ".repeat(bullet.length + 1);
    const own = item.tokens.filter((token) => token.type !== "checkbox");
    const [first = "", ...rest] = tight(own, screen, columns - indent.length, loose);
    return [
      `${marked(bullet, screen, "muted")} ${box}${first}`,
      ...rest.map((line) => (line === "" ? "" : `${indent}${line}`)),
      ...(loose && index < items.length - 1 ? [""] : []),
    ];
  });
}

/** The parts of an item, without the blank lines that stand between paragraphs. */
const tight = (tokens: readonly Token[], screen: Screen, columns: number, loose: boolean): string[] =>
  loose
    ? lines(tokens, screen, columns)
    : tokens
        .filter(({ type }) => type !== "space")
        .flatMap((token) => block(token, screen, Math.max(columns, LEAST_COLUMNS)));

function table({ header, rows }: Tokens.Table, screen: Screen): string[] {
  const all = [header, ...rows].map((row) => row.map(({ tokens }) => inlineShown(tokens, screen)));
  const widths = header.map((_, column) => Math.max(...all.map((row) => textWidth(row[column] ?? ""))));
  const [head = [], ...body] = all.map((row) =>
    row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - textWidth(cell))),
  );
  const rule = marked(widths.map((width) => "─".repeat(width)).join("  "), screen, "muted");
  return [head, ...body]
    .map((row) => row.join("  ").trimEnd())
    .flatMap((line, at) => (at === 0 ? [line, rule] : [line]));
}
