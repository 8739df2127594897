/** A word that is being typed: as it stands in the line, what it says so far, and the quote that is open in it. */
export interface OpenWord {
  raw: string;
  value: string;
  quote: "" | "'" | '"';
}

const IN_DOUBLE = /["\\$`\n]/;

/**
 * Splits a line as a POSIX shell does (XCU 2.2, 2.3), without expanding anything: what is typed is never run.
 *
 * @returns the whole words, and the one that the line ends in; an empty one after a blank
 */
export function splitLine(line: string): { words: string[]; last: OpenWord } {
  const words: string[] = [];
  let last: OpenWord = { raw: "", value: "", quote: "" };
  let isWord = false;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (last.quote === "" && /[ \t\n]/.test(char)) {
      if (isWord) words.push(last.value);
      last = { raw: "", value: "", quote: "" };
      isWord = false;
      continue;
    }
    isWord = true;
    const taken = takeChar(last, char, line.charAt(at + 1));
    at += taken;
  }
  return { words, last };
}

/** Adds a character to a word. @returns how many that follow it were taken with it */
function takeChar(word: OpenWord, char: string, next: string): number {
  word.raw += char;
  if (char === word.quote) word.quote = "";
  else if (word.quote === "" && (char === "'" || char === '"')) word.quote = char;
  else if (char === "\\" && word.quote !== "'" && (word.quote === "" || IN_DOUBLE.test(next))) {
    word.raw += next;
    word.value += next === "\n" ? "" : next;
    return next.length;
  } else word.value += char;
  return 0;
}

/** A text so that a POSIX shell takes it as it is, or as a part of a word. */
export const escaped = (text: string): string => text.replace(/[^\w@%+=:,./\-\u00a0-\uffff]/g, "\\$&");

/** Whether a text can stand in an open quote as it is. */
export const fitsQuote = (text: string, quote: OpenWord["quote"]): boolean =>
  quote === "'" ? !text.includes("'") : !/["\\$`!]/.test(text);
