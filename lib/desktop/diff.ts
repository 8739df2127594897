/** Longest line that is shown whole, in characters. */
const LONGEST = 200;

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
  const lines = hunks.flatMap((hunk) => [
    `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines
      .filter((line) => !line.startsWith("\\"))
      .map((line) => line[0] + cut(masked(line.slice(1).replace(/\r$/, ""), own))),
  ]);
  return [...head, ...lines].join("\n");
}

/** Keys whose values are no secrets: what is started, and how it is called. */
const PLAIN_KEYS = /^(?:command|cmd|type|source|name|enabled|description|M2MCP_HOME)$/;

/** A line of JSON, TOML or YAML with `…` in place of values. */
function masked(line: string, own: readonly string[]): string {
  let key = "";
  const quoted = line.replace(/"(?:[^"\\]|\\.)*"?|'[^']*'?/g, (literal, at: number) => {
    const rest = line.slice(at + literal.length);
    const text = unquoted(literal);
    if (/^\s*[:=]/.test(rest)) {
      key = text;
      return literal;
    }
    const bare = /([\w-]+)\s*[:=]\s*(?:\[[^\]]*)?$/.exec(line.slice(0, at))?.[1];
    const isShown = text === "" || own.includes(text) || PLAIN_KEYS.test(bare ?? key);
    return isShown ? literal : `${literal[0]}…${literal[0]}`;
  });
  // YAML's plain values, and what stands in comments.
  return quoted
    .replace(
      /^(\s*(?:#+\s*|\/\/+\s*|-\s+)*)([\w.-]+)(\s*[:=]\s+)([^\s"'[{|>&#][^"'#]*?)(\s+#.*)?$/,
      (whole, start: string, name: string, colon: string, value: string, comment = "") =>
        own.includes(value) || PLAIN_KEYS.test(name) || /^(?:-?[\d.]+|true|false|null|~)$/.test(value)
          ? whole
          : `${start}${name}${colon}…${comment}`,
    )
    .replace(/^(\s*-\s+)([^\s"'[{|>&:#][^:"']*)$/, (whole, start: string, value: string) =>
      own.includes(value) ? whole : `${start}…`,
    );
}

function unquoted(literal: string): string {
  try {
    return literal.startsWith('"') ? String(JSON.parse(literal)) : literal.slice(1, -1);
  } catch {
    return literal;
  }
}

const cut = (line: string) =>
  line.length <= LONGEST ? line : `${line.slice(0, LONGEST / 2)} … ${line.slice(-LONGEST / 2)}`;
