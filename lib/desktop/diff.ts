/** Longest line that is shown whole, in characters. */
const LONGEST = 200;
/** What is shown of a longer one before and after what changed in it; and how far before a value its key is looked for. */
const NEAR = 60;

/**
 * A change as a unified diff for people. What may be a secret in the lines of others is left out: of values only those
 * are shown that the entry has, or that name a program.
 *
 * @param own the entry's values
 */
export async function diffOf(
  file: string,
  before: string | null,
  after: string | null,
  own: readonly string[],
): Promise<string> {
  const { structuredPatch } = await import("diff");
  const { hunks } = structuredPatch(file, file, before ?? "", after ?? "", "", "", { context: 3 });
  const head = [`--- ${before === null ? "(no file)" : file}`, `+++ ${after === null ? "(no file)" : file}`];
  const lines = hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: changed }) => [
    `@@ -${rangeOf(oldStart, oldLines)} +${rangeOf(newStart, newLines)} @@`,
    ...shownOf(changed, own),
  ]);
  return [...head, ...lines].join("\n");
}

/** Of no lines a range names the one before them. */
const rangeOf = (start: number, count: number) => `${count === 0 ? start - 1 : start},${count}`;

/** The lines of a hunk, with the words about a line that has no end where they were. */
function shownOf(lines: readonly string[], own: readonly string[]): string[] {
  const isLine = (line: string) => !line.startsWith("\\");
  const texts = lines
    .filter(isLine)
    .map(
      (line) => line[0] + masked(line.slice(1).replace(/\r$/, ""), own) + (line.endsWith("\r") ? "\r" : ""),
    );
  const shown = fitted(texts).values();
  return lines.map((line) => (isLine(line) ? (shown.next().value ?? "") : line));
}

/** Keys whose values are no secrets: what is started, and how it is called. */
const PLAIN_KEYS = /^(?:command|cmd|type|source|name|enabled|description|M2MCP_HOME)$/;

/** What a line is that says nothing by itself: brackets, a header, a key, a literal, a comment. */
const STRUCTURE =
  /^\s*(?:$|[{}[\],]|\/\/|\/\*|#|---|\.\.\.|["']|-(?:\s|$)|[\w.-]+\s*[:=]|(?:-?\d[\d.]*|true|false|null)\s*,?\s*$)/;
/** A plain value of YAML behind its key, or what stands in a comment like one. */
const PLAIN_VALUE = /^([\s#/]*(?:-\s+)?)([\w.-]+)(\s*[:=]\s+)([^\s"'[{|>&#][^"'#]*?)(\s+#.*)?$/;
const PLAIN_ITEM = /^(\s*-\s+)([^\s"'[{|>&:#][^:"']*)$/;
const SAFE_VALUE = /^(?:-?[\d.]+|true|false|null|~)$/;

/** A line of JSON, TOML or YAML with `…` in place of values; of a text over lines nothing is left. */
function masked(line: string, own: readonly string[]): string {
  const isOwn = (text: string) => own.includes(text);
  let key = "";
  const quoted = line.replace(/"(?:[^"\\]|\\.)*"?|'[^']*'?/g, (literal, at: number) => {
    const text = unquoted(literal);
    if (/^\s*[:=]/.test(line.slice(at + literal.length))) {
      key = text;
      return literal;
    }
    const bare = /([\w-]+)\s*[:=]\s*(?:\[[^\]]*)?$/.exec(line.slice(Math.max(0, at - NEAR), at))?.[1];
    const isShown = text === "" || isOwn(text) || PLAIN_KEYS.test(bare ?? key);
    return isShown ? literal : `${literal[0]}…${literal[0]}`;
  });
  if (!STRUCTURE.test(quoted)) return `${/^\s*/.exec(line)?.[0] ?? ""}…`;
  return quoted
    .replace(PLAIN_VALUE, (whole, start: string, name: string, colon: string, value: string, comment = "") =>
      isOwn(value) || PLAIN_KEYS.test(name) || SAFE_VALUE.test(value)
        ? whole
        : `${start}${name}${colon}…${comment}`,
    )
    .replace(PLAIN_ITEM, (whole, start: string, value: string) => (isOwn(value) ? whole : `${start}…`));
}

function unquoted(literal: string): string {
  try {
    return literal.startsWith('"') ? String(JSON.parse(literal)) : literal.slice(1, -1);
  } catch {
    return literal;
  }
}

/** Lines of a length that can be read; of two that are one before and after, what is different in them. */
function fitted(lines: readonly string[]): string[] {
  return lines.map((line, at) => {
    if (line.length <= LONGEST) return line;
    const other = lines[line[0] === "-" ? at + 1 : at - 1] ?? "";
    const isPair = (line[0] === "-" && other[0] === "+") || (line[0] === "+" && other[0] === "-");
    if (!isPair) return `${line.slice(0, LONGEST)}…`;
    let before = 1;
    while (before < line.length && line[before] === other[before]) before++;
    let after = 0;
    while (after < line.length - before && line.at(-1 - after) === other.at(-1 - after)) after++;
    const [from, to] = [Math.max(1, before - NEAR), Math.min(line.length, line.length - after + NEAR)];
    return `${line[0]}${from > 1 ? "…" : ""}${line.slice(from, to)}${to < line.length ? "…" : ""}`;
  });
}
