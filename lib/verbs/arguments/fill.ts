import type { JsonObject } from "../../json.ts";
import type { Fault } from "../../schema/faults.ts";
import { fromTexts } from "../../schema/from-text.ts";
import { placeOf, withValueAt } from "../../schema/place.ts";
import { typeWords } from "../../schema/type-words.ts";
import type { Given, Pair } from "./given.ts";
import { exactJson } from "./read-json.ts";

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
export function fill({ base, pairs }: Given, schema: unknown): Filled {
  const groups = new Map<string, Group>();
  for (const pair of pairs) {
    const { path, schema: of } = placeOf(pair.key, schema, schema);
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

function valueOfGroup({ schema, pairs }: Group, root: unknown): { value: unknown; says?: string } {
  const last = pairs.at(-1);
  if (last && "value" in last) return { value: last.value };
  const texts = pairs.flatMap((pair) => ("text" in pair ? [pair.text] : []));
  const fit = fromTexts(texts, schema, root, exactJson);
  if (fit) return fit;
  const wanted = typeWords(schema, { root });
  const says = texts.length > 1 ? `is given ${texts.length} times, and wants ${wanted}` : `wants ${wanted}`;
  return { value: texts.at(-1), says };
}
