/** The first line of a text, whole; for lists. */
export const firstLine = (text: unknown): string =>
  typeof text === "string" ? (/^.*/.exec(text.trimStart())?.[0].trimEnd() ?? "") : "";
