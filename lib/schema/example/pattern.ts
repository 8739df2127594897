// A text that a regular expression takes, put together along the expression: it is never run.

/** Characters of a text, and steps, after which an expression is given up. */
const LONGEST = 200;
const MOST_STEPS = 2000;
/** What a class may be given, in the order of how it reads. */
const LETTERS =
  "aA0_- .,:/@bcdefghijklmnopqrstuvwxyzBCDEFGHIJKLMNOPQRSTUVWXYZ123456789!#$%&'()*+;<=>?[\\]^`{|}~\tä";

/** What of an expression cannot be put together: lookarounds, references, properties. */
class Unknown extends Error {}

interface Reading {
  source: string;
  at: number;
  /** Repetitions beyond the least. */
  more: number;
  steps: number;
}

/**
 * @param least characters that the text should have at least
 * @returns undefined where the expression is beyond this, or no text is long enough
 */
export function patternExample(source: string, least: number): string | undefined {
  for (const more of [0, 1, 3, 7, 15, 31, 63]) {
    const text = sample({ source, at: 0, more, steps: 0 });
    if (text === undefined) return undefined;
    if ([...text].length >= least) return text;
  }
  return undefined;
}

function sample(reading: Reading): string | undefined {
  try {
    const text = alternatives(reading);
    return reading.at === reading.source.length ? text : undefined;
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

/** The first alternative; the others are passed over. */
function alternatives(reading: Reading): string {
  const text = sequence(reading);
  while (reading.source[reading.at] === "|") {
    reading.at++;
    sequence(reading);
  }
  return text;
}

function sequence(reading: Reading): string {
  let text = "";
  while (reading.at < reading.source.length && !"|)".includes(reading.source[reading.at] ?? "")) {
    if (++reading.steps > MOST_STEPS || text.length > LONGEST) throw new Unknown();
    const one = atom(reading);
    const [from, to] = quantifier(reading);
    const times = Math.min(from + reading.more, to);
    if (from > LONGEST) throw new Unknown();
    text += one.repeat(Math.min(times, LONGEST));
  }
  return text;
}

function atom(reading: Reading): string {
  const char = reading.source[reading.at++] ?? "";
  if (char === "^" || char === "$") return "";
  if (char === ".") return "a";
  if (char === "[") return oneOf(reading);
  if (char === "\\") return escaped(reading);
  if (char !== "(") return char;
  const [opening = ""] =
    /^\?(?::|<[A-Za-z_$][\w$]*>)/.exec(reading.source.slice(reading.at, reading.at + 80)) ?? [];
  if (opening === "" && reading.source[reading.at] === "?") throw new Unknown();
  reading.at += opening.length;
  const text = alternatives(reading);
  if (reading.source[reading.at++] !== ")") throw new Unknown();
  return text;
}

function quantifier(reading: Reading): [from: number, to: number] {
  const [whole = "", from, comma, to] =
    /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(reading.source.slice(reading.at, reading.at + 40)) ?? [];
  reading.at += whole.length;
  if (whole === "") return [1, 1];
  if (from !== undefined) return [Number(from), comma ? (to ? Number(to) : LONGEST) : Number(from)];
  return whole.startsWith("?") ? [0, 1] : [whole.startsWith("*") ? 0 : 1, LONGEST];
}

const CLASSES: Record<string, RegExp> = { d: /\d/, w: /\w/, s: /\s/, D: /\D/, W: /\W/, S: /\S/ };
const CONTROLS: Record<string, string> = { t: "\t", n: "\n", r: "\r", f: "\f", v: "\v" };

function escaped(reading: Reading): string {
  const char = reading.source[reading.at++] ?? "";
  if (char === "b" || char === "B") return "";
  const kind = CLASSES[char];
  if (kind) return [...LETTERS].find((letter) => kind.test(letter)) ?? "";
  if (char in CONTROLS) return CONTROLS[char] ?? "";
  // References, code points, properties.
  if (/[A-Za-z0-9]/.test(char)) throw new Unknown();
  return char;
}

/** A character of a class, from after its bracket. */
function oneOf(reading: Reading): string {
  const start = reading.at - 1;
  while (reading.at < reading.source.length) {
    const char = reading.source[reading.at++];
    if (char === "\\") reading.at++;
    if (char === "]") break;
  }
  const source = reading.source.slice(start, reading.at);
  let kind: RegExp;
  try {
    // A class alone takes one character: nothing to go back on.
    kind = new RegExp(`^${source}$`, "u");
  } catch {
    throw new Unknown();
  }
  const found = [...LETTERS].find((letter) => kind.test(letter));
  if (found === undefined) throw new Unknown();
  return found;
}
