import type { JsonObject } from "../../json.ts";
import { exactJson } from "../../mcp/jsonrpc/exact-json.ts";
import type { Fault } from "../../schema/faults.ts";
import { fromTexts } from "../../schema/from-text.ts";
import { patternCompiler } from "../../schema/patterns.ts";
import { placeOf, withValueAt } from "../../schema/place.ts";
import { branchesOf, choicesOf, scopeOf, typesOf } from "../../schema/resolve.ts";
import { typeWords } from "../../schema/type-words.ts";
import type { Given, Pair } from "./given.ts";

/** Arguments as they are sent, and what of them is of no type that is wanted: that stays the text it was. */
export interface Filled {
  value: JsonObject;
  misfits: Fault[];
}

interface Group {
  path: string[];
  schema: unknown;
  pairs: Pair[];
}

/**
 * What was given as the arguments that a schema wants: each text of the type that it has there, a name given several
 * times as a list.
 *
 * @param schema undefined where nothing is known: then a text is a string
 */
export async function fill({ base, pairs }: Given, schema: unknown): Promise<Filled> {
  const compile = hasPatterns(schema) ? await patternCompiler() : undefined;
  const groups = new Map<string, Group>();
  for (const pair of pairs) {
    const { path, schema: of } = placeOf(pair.key, schema, schema, compile);
    const key = JSON.stringify(path);
    const group = groups.get(key) ?? { path, schema: of, pairs: [] };
    group.pairs.push(pair);
    groups.set(key, group);
  }
  const filled: Filled = { value: base, misfits: [] };
  for (const group of groups.values()) {
    const read = valueOfGroup(group, schema);
    if (read.says !== undefined) filled.misfits.push({ path: group.path, says: read.says });
    filled.value = withValueAt(filled.value, group.path, read.value);
  }
  return filled;
}

const hasPatterns = (schema: unknown) => (JSON.stringify(schema) ?? "").includes('"patternProperties"');

function valueOfGroup({ schema, pairs }: Group, root: unknown): { value: unknown; says?: string } {
  const [first] = pairs;
  if (first && "value" in first && pairs.length === 1) return { value: first.value };
  const texts = pairs.flatMap((pair) => ("text" in pair ? [pair.text] : []));
  const fit =
    texts.length === pairs.length
      ? fromTexts(texts, schema, root, exactJson)
      : takesList(schema, root)
        ? { value: pairs.flatMap((pair) => itemsOf(pair, schema, root)) }
        : undefined;
  if (fit) return fit;
  const wanted = typeWords(schema, { root });
  const says = pairs.length > 1 ? `is given ${pairs.length} times, and wants ${wanted}` : `wants ${wanted}`;
  const last = pairs.at(-1);
  return { value: last && "value" in last ? last.value : last?.text, says };
}

/** What one of several pairs adds to a list. */
function itemsOf(pair: Pair, schema: unknown, root: unknown): unknown[] {
  const value = "value" in pair ? pair.value : fromTexts([pair.text], schema, root, exactJson)?.value;
  if (Array.isArray(value)) return value;
  return [value === undefined && "text" in pair ? pair.text : value];
}

/** Where nothing is said of the type, several values are a list too. */
const takesList = (schema: unknown, root: unknown): boolean =>
  branchesOf(schema, scopeOf(root)).some((branch) => {
    const types = typesOf(branch);
    return types.length === 0 ? choicesOf(branch) === undefined : types.includes("array");
  });
