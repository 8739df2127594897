/** Longer texts, and those with more marks, are shown as they are: reading marks takes the square of their number. */
const LONGEST = 100_000;
const MOST_MARKS = 2000;

/** What hardly stands in text that is no Markdown. */
const CERTAIN = [
  /\*\*\S[^*\n]*\*\*/,
  /^ {0,3}(```|~~~)/m,
  /\[[^\]\n]+\]\((https?:\/\/|mailto:|\.{0,2}\/|#)[^)\s]*\)/,
  /^ {0,3}\|?(\s*:?-{3,}:?\s*\|)+/m,
];
/** What also stands in YAML, mail and logs. */
const LIKELY = [/^#{1,6} \S[^\n]*\n(\n|$)/m, /^ {0,3}([-*+]|\d+[.)]) \S/m, /^ {0,3}> /m, /`[^`\n]+`/];

/** Whether a text is Markdown, as far as can be seen: what would be shown otherwise than it is written must be. */
export function looksLikeMarkdown(text: string): boolean {
  const certain = CERTAIN.filter((form) => form.test(text)).length;
  const isHeaded = LIKELY[0]?.test(text) === true;
  if (certain === 0 && !isHeaded) return false;
  // A heading alone may be a comment of a script.
  return certain > 0 || LIKELY.filter((form) => form.test(text)).length > 1;
}

/** Whether a text can be read as Markdown in a time that nobody notices. */
export const isReadable = (text: string): boolean =>
  text.length <= LONGEST && (text.match(/[*_]/g)?.length ?? 0) <= MOST_MARKS;
