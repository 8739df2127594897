import { isObject, type JsonObject } from "../json.ts";
import { branchesOf, choicesOf, itemSchemaOf, type Scope, scopeOf, typesOf } from "./resolve.ts";

/** A value that a schema takes. */
export interface Fit {
  value: unknown;
}

/** Reads JSON without losing a digit. @throws SyntaxError */
export type ReadJson = (text: string) => unknown;

interface Reading {
  scope: Scope;
  readJson: ReadJson;
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** Numbers as people write them, where nothing but a number is wanted. */
const LOOSE_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * What texts of a shell mean to a schema. A text that is a number, `true`, `false`, `null`, a list or an object in JSON is
 * that where the schema takes it; else it stays a string where strings are taken; else it is read more freely: `.5`,
 * `True`, and `a,b` for a list. Several texts are a list, one item each.
 *
 * @param root the document that references lead into
 * @returns undefined where the schema takes none of this
 */
export function fromTexts(
  texts: readonly string[],
  schema: unknown,
  root: unknown,
  readJson: ReadJson,
): Fit | undefined {
  return read(texts, schema, { scope: scopeOf(root), readJson });
}

function read(texts: readonly string[], schema: unknown, reading: Reading): Fit | undefined {
  const branches = branchesOf(schema, reading.scope);
  const [text = ""] = texts;
  const orders: ((branch: JsonObject) => Fit | undefined)[] =
    texts.length === 1
      ? [
          (branch) => literal(text, branch, reading),
          (branch) => string(text, branch),
          (branch) => loose(text, branch, reading),
        ]
      : [(branch) => repeated(texts, branch, reading)];
  for (const readAs of orders)
    for (const branch of branches) {
      const fit = readAs(branch);
      if (fit) return fit;
    }
  return undefined;
}

/** JSON of a type that the schema names, or one of the values that it names. */
function literal(text: string, branch: JsonObject, reading: Reading): Fit | undefined {
  const choices = choicesOf(branch);
  if (choices) return choice(text, choices);
  const types = typesOf(branch);
  const takes = (type: string) => types.includes(type);
  if (takes("null") && text === "null") return { value: null };
  if (takes("boolean") && (text === "true" || text === "false")) return { value: text === "true" };
  if ((takes("number") || takes("integer")) && NUMBER.test(text))
    return number(text, types, reading.readJson);
  if ((takes("array") && text.startsWith("[")) || (takes("object") && text.startsWith("{"))) {
    const value = parsed(text, reading.readJson);
    if (takes("array") ? Array.isArray(value) : isObject(value)) return { value };
  }
  return undefined;
}

function choice(text: string, choices: readonly unknown[]): Fit | undefined {
  if (choices.includes(text)) return { value: text };
  const found = choices.findIndex((one) => typeof one !== "string" && JSON.stringify(one) === text);
  return found < 0 ? undefined : { value: choices[found] };
}

function string(text: string, branch: JsonObject): Fit | undefined {
  if (choicesOf(branch)) return undefined;
  const types = typesOf(branch);
  return types.length === 0 || types.includes("string") ? { value: text } : undefined;
}

function loose(text: string, branch: JsonObject, reading: Reading): Fit | undefined {
  if (choicesOf(branch)) return undefined;
  const types = typesOf(branch);
  const bare = text.trim();
  if ((types.includes("number") || types.includes("integer")) && LOOSE_NUMBER.test(bare))
    return number(String(Number(bare)), types, reading.readJson);
  if (types.includes("boolean") && /^(true|false)$/i.test(bare))
    return { value: bare.toLowerCase() === "true" };
  return types.includes("array") ? separated(text, branch, reading) : undefined;
}

/** A number, as an integer where nothing else is taken: `3.0` is one. */
function number(text: string, types: readonly string[], readJson: ReadJson): Fit | undefined {
  if (!types.includes("number") && !Number.isInteger(Number(text))) return undefined;
  const value = parsed(text, readJson);
  return value === undefined ? undefined : { value };
}

/** `a,b`, or JSON values with commas between. */
function separated(text: string, branch: JsonObject, reading: Reading): Fit | undefined {
  if (text.trim() === "") return { value: [] };
  if (/^\s*[[{]/.test(text)) {
    const value = parsed(`[${text}]`, reading.readJson);
    if (Array.isArray(value)) return { value };
    // A list that lacks its quotes would become strings with brackets.
    if (text.trimStart().startsWith("[")) return undefined;
  }
  return listOf(
    text.split(",").map((part) => part.trim()),
    itemSchemaOf(branch),
    reading,
  );
}

/** One item a text; of a list that takes no strings, a text may hold several. */
function repeated(texts: readonly string[], branch: JsonObject, reading: Reading): Fit | undefined {
  const types = typesOf(branch);
  if (types.length === 0 && !choicesOf(branch)) return { value: [...texts] };
  if (!types.includes("array")) return undefined;
  const whole = listOf(texts, itemSchemaOf(branch), reading);
  if (whole) return whole;
  const lists = texts.map((text) => read([text], branch, reading)?.value);
  return lists.every(Array.isArray) ? { value: lists.flat() } : undefined;
}

function listOf(texts: readonly string[], items: unknown, reading: Reading): Fit | undefined {
  const fits = texts.map((text, at) => read([text], Array.isArray(items) ? items[at] : items, reading));
  return fits.every((fit) => fit !== undefined) ? { value: fits.map(({ value }) => value) } : undefined;
}

function parsed(text: string, readJson: ReadJson): unknown {
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}
