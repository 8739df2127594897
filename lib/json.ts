export type JsonObject = { [key: string]: unknown };

/** Narrows to a JSON object (neither array nor null). */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value, when it is a JSON object; else an empty one. */
export const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** What a text is as JSON; undefined where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
