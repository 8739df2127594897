import { isRawNumber } from "../../json.ts";

/** Digits or exponents that a double may not hold. */
const SUSPECT = /\d[\d.]{15}|[eE][+-]?\d{3}/;

/** Numbers that are not written as JavaScript would write them, perhaps. */
const OTHERWISE_SPELLED = /\d[.eE]|-0|\d{16}/;

/** `JSON.parse` with source text access and `JSON.rawJSON` (ECMAScript "JSON.parse source text access"). */
interface ExactJson {
  parse(
    text: string,
    revive: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(source: string): object;
}
const json = JSON as unknown as ExactJson;

/** Whether a text is worth reading exactly: that takes several times as long. */
export const mayBeInexact = (text: string): boolean => SUSPECT.test(text);

/**
 * Reads JSON so that `JSON.stringify` gives back each number as it was: one that a double cannot hold becomes an
 * object that stands for its text. All other values are what `JSON.parse` makes of them.
 *
 * @returns undefined where it is nested so deep that the reader gives up; `JSON.parse` goes deeper
 * @throws SyntaxError
 */
export const parseExactly = (text: string): unknown => parseWhere(text, isExact);

/** JSON with each number as it is written, whatever a double can hold and however deep it is. @throws SyntaxError */
export const exactJson = (text: string): unknown =>
  (mayBeInexact(text) ? parseExactly(text) : undefined) ?? JSON.parse(text);

/** The same as `parseExactly`, of each number that would be written otherwise than it was: `1.0` and `1e3` stay what they are. */
export const parseSpelled = (text: string): unknown =>
  parseWhere(text, (value, source) => String(value) === source);

/** The double nearest to a number, also to one that was read exactly; NaN for what is no number. */
export const asDouble = (value: unknown): number =>
  typeof value === "number" ? value : isRawNumber(value) ? Number(JSON.stringify(value)) : Number.NaN;

/** A number as JSON writes them (RFC 8259 §6). */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A number that a person typed, exactly where a double does not hold it; NaN for what is none. */
export const numberTyped = (text: string): unknown => (NUMBER.test(text) ? exactJson(text) : Number(text));

/** Whether it makes a difference to a text; that it makes none is certain. */
export const mayBeSpelledOtherwise = (text: string): boolean => OTHERWISE_SPELLED.test(text);

function parseWhere(text: string, isKept: (value: number, source: string) => boolean): unknown {
  try {
    return json.parse(text, (_key, value, { source }) =>
      typeof value === "number" && source !== undefined && !isKept(value, source)
        ? json.rawJSON(source)
        : value,
    );
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether a double holds what the text says. */
function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  return sameDigits(String(value), source);
}

/** Whether two spellings of numbers have the same value: sign, significant digits and power of ten. */
function sameDigits(one: string, other: string): boolean {
  const [a, b] = [normal(one), normal(other)];
  return a.digits === b.digits && (a.digits === "" || (a.power === b.power && a.minus === b.minus));
}

function normal(text: string): { minus: boolean; digits: string; power: number } {
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = `${whole}${fraction}`;
  let start = 0;
  let end = all.length;
  // By index: `/0+$/` begins anew at each zero, which takes the square of a server's digits.
  while (start < end && all.charCodeAt(start) === ZERO) start++;
  while (end > start && all.charCodeAt(end - 1) === ZERO) end--;
  return {
    minus: sign === "-",
    digits: all.slice(start, end),
    power: Number(exponent) - fraction.length + (all.length - end),
  };
}

const ZERO = 48;
