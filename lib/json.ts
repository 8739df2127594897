export type JsonObject = { [key: string]: unknown };

/** Narrows to a JSON object (neither array nor null). */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value, when it is a JSON object; else an empty one. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The objects in a list; none where the value is no list. */
export const objectsIn = (value: unknown): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** The value, when it is a text; else an empty one. */
export const stringOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Whether a value is a number that no double holds: an object that the runtime's writer alone knows (`JSON.rawJSON`). */
export const isRawNumber = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.isFrozen(value) && "rawJSON" in value;

/** Whether a value is a list or an object. */
export const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !isRawNumber(value);

/** Whether a value has lists or objects below so many levels; without recursion, which a stranger's nesting would end. */
export function isDeeper(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const member of level) {
      if (!isContainer(member)) continue;
      if (depth === levels) return true;
      for (const inner of Object.values(member)) if (typeof inner === "object") next.push(inner);
    }
    level = next;
  }
  return false;
}

/** What a text is as JSON; undefined where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
