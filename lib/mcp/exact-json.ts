/** What TypeScript does not know yet of JSON (ECMAScript "JSON.parse source text access"). */
interface SourceJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): object;
}
const json = JSON as unknown as SourceJson;

/** Fewer digits than these fit into a double. */
const LONG_NUMBER = /[\d.]{16}/;

/**
 * `JSON.parse` for what is written again later: a number that a double cannot hold comes as an object that
 * `JSON.stringify` writes as it was, so that a translated message loses no digit.
 *
 * @throws SyntaxError as `JSON.parse` does
 */
export function parseExactly(text: string): unknown {
  return LONG_NUMBER.test(text) ? json.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== "number" || source === undefined) return value;
  const fits = Number.isInteger(value)
    ? Number.isSafeInteger(value)
    : Number.isFinite(value) && (source.length < 18 || String(value) === source);
  return fits ? value : json.rawJSON(source);
}
