import { wrongUsage } from "../../failure.ts";
import { isDeeper, isObject, type JsonObject } from "../../json.ts";
import { exactJson } from "../../mcp/jsonrpc/exact-json.ts";

/** Levels of the arguments of a tool: beyond them nobody can read what was sent. */
const DEEPEST = 1000;

/**
 * JSON that a person wrote.
 *
 * @param what it is, with its verb: `the arguments on stdin are`
 * @throws M2mcpError (exit 1) that says where it is broken, and quotes none of it
 */
export async function readJson(text: string, what: string, hint: string): Promise<unknown> {
  let value: unknown;
  try {
    value = exactJson(text);
  } catch {
    throw wrongUsage(`${what} not valid JSON${await whereBroken(text)}`, hint);
  }
  if (isDeeper(value, DEEPEST))
    throw wrongUsage(`${what} nested deeper than ${DEEPEST} levels`, "check what has written them");
  return value;
}

/** The same of an object. @throws M2mcpError (exit 1) where it is none */
export async function readJsonObject(text: string, what: string, hint: string): Promise<JsonObject> {
  const value = await readJson(text, what, hint);
  if (!isObject(value)) throw wrongUsage(`${what} no JSON object`, 'write it like {"key": 1}');
  return value;
}

/** The first place that is no JSON, for a person. */
async function whereBroken(text: string): Promise<string> {
  const { parse } = await import("jsonc-parser");
  const errors: { offset: number }[] = [];
  try {
    parse(text, errors as Parameters<typeof parse>[1], { disallowComments: true });
  } catch {
    // Nested so deep that this reader gives up.
  }
  const [first] = errors;
  if (!first) return "";
  const before = text.slice(0, first.offset).split("\n");
  const column = (before.at(-1) ?? "").length + 1;
  return before.length > 1 ? ` at line ${before.length}, character ${column}` : ` at character ${column}`;
}
