import { shortened } from "../../plain-text.ts";
import type { Candidate, Completion } from "./candidate.ts";
import { escaped, fitsQuote, type OpenWord, splitLine } from "./shell-words.ts";
import type { Shell } from "./shells.ts";

/** What a shell asks: the words before the one being typed, and that one. */
export interface Question {
  words: string[];
  last: OpenWord;
  /** What the shell replaces: the end of the word, from where it breaks words (bash: at = : @). */
  replaced: string;
}

/** Longest description, in characters. */
const LONGEST_ABOUT = 70;

/**
 * Reads what a script asks on stdin, each part ended by a zero: bash sends what it replaces and its line up to the
 * cursor, the others their words. On stdin, since other users see arguments, and a line may hold a secret.
 */
export function readQuestion(shell: Shell, text: string): Question {
  const parts = text
    .replace(/\r?\n$/, "")
    .replace(/\0$/, "")
    .split("\0");
  if (shell === "bash") {
    const [replaced = "", line = ""] = parts;
    const { words, last } = splitLine(line);
    return { words: words.slice(1), last, replaced };
  }
  const raw = parts.at(-1) ?? "";
  const { last } = splitLine(raw);
  return { words: parts.slice(0, -1), last, replaced: raw };
}

/**
 * What a script is told: in the first line `files` where names of files suit, `nospace` where the word goes on; then a
 * candidate a line. For bash as it is to be typed, for the others the value, a tab and what it is.
 */
export function writeReply(
  shell: Shell,
  { candidates, files }: Completion,
  { last, replaced }: Question,
): string {
  const goesOn = candidates.length > 0 && candidates.every(({ value }) => value.endsWith("="));
  const flags = [...(files ? ["files"] : []), ...(goesOn ? ["nospace"] : [])].join(" ");
  const lines = shell === "bash" ? candidates.flatMap(typedIn(last, replaced)) : candidates.map(described);
  return `${[flags, ...lines].join("\n")}\n`;
}

/** What bash puts in place of the part of the word that it replaces, in the quote that is open there. */
function typedIn(last: OpenWord, replaced: string): (candidate: Candidate) => string[] {
  if (!last.raw.endsWith(replaced)) return () => [];
  const kept = splitLine(last.raw.slice(0, last.raw.length - replaced.length)).last.value;
  return ({ value }) => {
    if (last.quote !== "" && !fitsQuote(value, last.quote)) return [];
    const rest = value.slice(kept.length);
    return [last.quote === "" ? escaped(rest) : rest];
  };
}

const described = ({ value, about }: Candidate): string => {
  const [line = ""] = about.replaceAll("\t", " ").split("\n", 1);
  return `${value}\t${shortened(line, LONGEST_ABOUT).replace(/\p{Cc}/gu, " ")}`;
};
