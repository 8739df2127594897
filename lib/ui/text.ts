/** The first line of a text, shortened; for lists. */
export function firstLine(text: unknown, longest = 100): string {
  if (typeof text !== "string") return "";
  const line = text.trim().split(/\r?\n/, 1)[0] ?? "";
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** Text without control characters but tab and newline: a server's words must not steer a terminal. */
export const stripControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
