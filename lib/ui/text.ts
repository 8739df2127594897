/** The first line of a text, shortened; for lists. */
export function firstLine(text: unknown, longest = 100): string {
  if (typeof text !== "string") return "";
  const line =
    text
      .trimStart()
      .slice(0, 4 * longest)
      .split(/\r?\n/, 1)[0]
      ?.trimEnd() ?? "";
  return line.length > longest ? `${line.slice(0, longest - 1).toWellFormed()}…` : line;
}
