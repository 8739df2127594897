import { type JsonObject, objectOf } from "../json.ts";

/** The schema that a validator came to by these keywords; references lead to definitions. */
export function schemaAt(root: JsonObject, tokens: readonly string[]): JsonObject {
  let found: unknown = root;
  for (const token of tokens) {
    const holder: JsonObject = Array.isArray(found) ? { ...found } : objectOf(found);
    found = holder[token];
    if (token === "$ref" && typeof found === "string") found = valueAt(root, tokensOf(found));
  }
  return objectOf(found);
}

/** The value that lies within another by these names; undefined where nothing does. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path)
    found =
      typeof found === "object" && found !== null && Object.hasOwn(found, name)
        ? (found as JsonObject)[name]
        : undefined;
  return found;
}

/** The tokens of a JSON pointer as a fragment (RFC 6901, section 6). */
export const tokensOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((token) => decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~"));
