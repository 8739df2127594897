import { isObject, type JsonObject } from "../../json.ts";

/** Where a tool is another than it was pinned. */
export interface Difference {
  /** Names and numbers from the definition inwards, as `inputSchema.properties.path.description`. */
  at: string;
  /** Undefined where there was nothing, or is nothing now. */
  before?: unknown;
  after?: unknown;
}

/** All differences between two definitions, in the order of the newer one. */
export function differencesOf(before: unknown, after: unknown, at = ""): Difference[] {
  const isSame = JSON.stringify(before) === JSON.stringify(after);
  if (isSame) return [];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(after), ...Object.keys(before)])];
    return keys.flatMap((key) =>
      differencesOf(own(before, key), own(after, key), at === "" ? key : `${at}.${key}`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) =>
      differencesOf(before[index], after[index], `${at}[${index}]`),
    ).flat();
  }
  return [{ at, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

const own = (value: JsonObject, key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);

/** Letters that nobody sees, by which text is smuggled past a person and on to a model: formats, tags, fillers. */
const UNSEEN = /[\p{Cf}\p{Co}\p{Cs}\p{Cn}]|\u115f|\u1160|\u3164|\uffa0|[\u{e0100}-\u{e01ef}]/gu;

/** Text in which everything that is there is seen. */
const seen = (text: string): string =>
  text.replace(UNSEEN, (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`);

/** A value as lines, each with a mark before it. */
const marked = (mark: string, value: unknown): string[] => {
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
  return seen(text)
    .split("\n")
    .map((line) => `    ${mark} ${line}`);
};

/** Differences for people: where, what it was, what it is. */
export const differencesInWords = (differences: readonly Difference[]): string =>
  differences
    .flatMap(({ at, before, after }) => [
      `  ${seen(at)}`,
      ...(before === undefined ? [] : marked("-", before)),
      ...(after === undefined ? [] : marked("+", after)),
    ])
    .join("\n");
