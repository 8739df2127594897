import { isObject, type JsonObject } from "../json.ts";
import { schemasIn } from "./checkable.ts";

/** Longest pattern that is compiled, and longest text that is looked at, in characters. */
const LONGEST_PATTERN = 1000;
const LONGEST_TEXT = 100_000;
/** Longest list that is searched for duplicates: that takes the square of its length. */
const LONGEST_UNIQUE = 2000;

/** Whether a text is found to match; texts that cannot be looked at are taken to. */
type Matches = (text: string) => boolean;

/** What tests a text for a pattern; undefined for one that is not known. */
export type CompilePattern = (pattern: string) => Matches | undefined;

/** A stranger's patterns are read by an engine of linear time. */
export async function patternCompiler(): Promise<CompilePattern> {
  const { RE2JS } = await import("re2js");
  return (pattern) => {
    if (pattern.length > LONGEST_PATTERN) return undefined;
    try {
      const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
      return (text) => text.length > LONGEST_TEXT || compiled.matcher(text).find();
    } catch {
      return undefined;
    }
  };
}

/** What of the value counts for a schema: the names in it, and its longest list. */
export interface ValueFacts {
  names: Set<string>;
  longestList: number;
  /** Values within. */
  size: number;
}

/**
 * Takes the patterns out of a copy of a schema, since a stranger's pattern can take the runtime's engine for ever: those
 * of texts become formats of our own, those of names the names of this value that match, each by itself. They are read
 * by an engine of linear time; what it does not know (look-around, back references) is not checked.
 *
 * @returns what tests a text, by format
 */
export async function withoutPatterns(schema: JsonObject, facts: ValueFacts): Promise<Map<string, Matches>> {
  const all = allWithin(schema);
  const formats = new Map<string, Matches>();
  if (facts.longestList > LONGEST_UNIQUE) for (const one of all) delete one.uniqueItems;
  if (!all.some((one) => one.pattern !== undefined || one.patternProperties !== undefined)) return formats;
  const compile = await patternCompiler();
  for (const one of all) {
    if (typeof one.pattern === "string") {
      const matches = compile(one.pattern);
      const format = `pattern ${one.pattern}`;
      if (matches) {
        formats.set(format, matches);
        one.format = format;
      }
      delete one.pattern;
    }
    if (isObject(one.patternProperties)) replaceNames(one, one.patternProperties, facts.names, compile);
  }
  return formats;
}

function replaceNames(
  schema: JsonObject,
  byPattern: JsonObject,
  names: ReadonlySet<string>,
  compile: CompilePattern,
): void {
  const patterns = Object.entries(byPattern).map(([pattern, of]) => ({ matches: compile(pattern), of }));
  if (patterns.some(({ matches }) => matches === undefined)) {
    // Which names are additional is not known then.
    for (const key of ["patternProperties", "additionalProperties", "unevaluatedProperties"])
      delete schema[key];
    return;
  }
  schema.patternProperties = Object.fromEntries(
    [...names].flatMap((name) => {
      const all = patterns.flatMap(({ matches, of }) => (matches?.(name) ? [of] : []));
      return all.length === 0 ? [] : [[`^${literally(name)}$`, all.length === 1 ? all[0] : { allOf: all }]];
    }),
  );
}

/** A pattern that a text alone matches, in the syntax of `u`. */
const literally = (text: string): string =>
  [...text].map((char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`).join("");

/** A schema and all within it. */
export function allWithin(schema: JsonObject): JsonObject[] {
  const all = new Set([schema]);
  // A set goes on to what is added to it on the way.
  for (const one of all) for (const within of schemasIn(one)) all.add(within);
  return [...all];
}

/** Looks through a value of JSON. */
export function factsOf(value: unknown): ValueFacts {
  const facts: ValueFacts = { names: new Set(), longestList: 0, size: 0 };
  const left: unknown[] = [value];
  while (left.length > 0) {
    const one = left.pop();
    facts.size++;
    if (typeof one !== "object" || one === null) continue;
    if (Array.isArray(one)) facts.longestList = Math.max(facts.longestList, one.length);
    else for (const name of Object.keys(one)) facts.names.add(name);
    for (const member of Object.values(one)) left.push(member);
  }
  return facts;
}
