import { asString, type Text } from "../jsonrpc/bytes.ts";
import { memberSource, partsOf } from "../jsonrpc/source-text.ts";

const MESSAGE = ["jsonrpc", "id", "method", "params", "result", "error"];
const CALL = ["name", "arguments", "_meta", "task"];

/**
 * A member of a message that another reader of JSON could take for another one: a name that stands twice (the first or
 * the last may count), or in letters of another case (some readers do not tell them apart).
 *
 * @returns its name; undefined where there is none
 */
export function doubtfulMember(text: Text, isCall: boolean): string | undefined {
  const json = asString(text);
  const found = doubtful(json, MESSAGE);
  if (found !== undefined || !isCall) return found;
  const params = memberSource(json, "params");
  return params?.startsWith("{") ? doubtful(params, CALL) : undefined;
}

function doubtful(json: string, known: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const part of partsOf(json)) {
    const key = keyOf(part);
    if (key === undefined) continue;
    // As readers fold case that know more than ASCII: the long s and the Kelvin sign.
    const folded = key.normalize("NFKC").toUpperCase().toLowerCase();
    if (known.includes(folded) && (folded !== key || seen.has(folded))) return key;
    seen.add(folded);
  }
  return undefined;
}

/** The name of a member, from its source text. */
function keyOf(part: string): string | undefined {
  const source = /^"(?:[^"\\]|\\.)*"/.exec(part)?.[0];
  return source === undefined ? undefined : String(JSON.parse(source));
}
