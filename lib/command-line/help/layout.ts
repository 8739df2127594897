/** A part of a help text: prose, terms with what they mean, or lines to be copied. */
export type Part =
  | { text: string }
  | { rows: readonly (readonly [term: string, about: string])[] }
  | { commands: readonly string[] };

export interface Section {
  title?: string;
  parts: readonly Part[];
}

/** A term that is longer stands on a line of its own, in columns, and as a part of the line. */
const LONGEST_TERM = 30;
const LARGEST_PART = 0.42;
const GAP = 2;
/** Broader lines are hard to read. */
const BROADEST = 100;
const NARROWEST = 40;
/** Where there is no terminal. */
const USUAL = 80;

/** A section as it is shown. */
export interface LaidOut {
  title?: string;
  body: string;
}

/**
 * Sections in lines of at most the terminal's width, 80 columns where there is none. Our own words: a letter is a
 * column, a no-break space holds a command together. No library: those that know all letters take 3 ms to load, half of
 * what a start may take.
 */
export function layOut(sections: readonly Section[], columns: number | undefined): LaidOut[] {
  const width = Math.max(NARROWEST, Math.min(columns ?? USUAL, BROADEST));
  return sections.map(({ title, parts }) => {
    const lines = parts.flatMap((part) => linesOf(part, title === undefined ? 0 : 2, width));
    return { ...(title === undefined ? {} : { title }), body: lines.join("\n").replaceAll("\u00a0", " ") };
  });
}

function linesOf(part: Part, indent: number, width: number): string[] {
  const margin = " ".repeat(indent);
  if ("text" in part)
    return part.text
      .split("\n")
      .flatMap((line) => wrapped(line, width - indent))
      .map((line) => `${margin}${line}`.trimEnd());
  if ("commands" in part)
    return part.commands.flatMap((command) =>
      brokenCommand(command, width - indent).map((line) => margin + line),
    );
  const longest = Math.min(LONGEST_TERM, width * LARGEST_PART);
  const terms = part.rows.map(([term]) => term.length).filter((length) => length <= longest);
  const at = Math.max(...terms, 0) + GAP;
  return part.rows.flatMap(([term, about]) => {
    const lines = wrapped(about, width - indent - at).map((line) =>
      `${margin}${" ".repeat(at)}${line}`.trimEnd(),
    );
    if (term === "" && about === "") return [""];
    if (term.length > longest || about === "")
      return [...wrapped(term, width - indent).map((part) => margin + part), ...(about === "" ? [] : lines)];
    const [first = "", ...rest] = lines;
    return [`${margin}${term.padEnd(at)}${first.slice(indent + at)}`, ...rest];
  });
}

/** Words in lines of at most so many columns; a word that is longer stays whole. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = lines.length === 0 && line === "" ? word : `${line} ${word}`.trimStart();
  }
  return [...lines, line];
}

/** A command that is too long goes on in the next line, so that it can still be copied: what is quoted stays together.
 */
function brokenCommand(command: string, width: number): string[] {
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (
      line.trim() === "" ||
      longer.length + GAP <= width ||
      (longer.length <= width && word === words.at(-1))
    ) {
      line = longer;
      continue;
    }
    lines.push(`${line} \\`);
    line = `  ${word}`;
  }
  return [...lines, line];
}
