import { isObject, type JsonObject } from "../../json.ts";
import { mayBeInexact, parseExactly } from "../../mcp/jsonrpc/exact-json.ts";
import { badCallLine } from "./errors.ts";

/** One line of the input: a request, and the id under which its answer is written. */
export interface PlannedCall {
  id: unknown;
  method: string;
  params: JsonObject;
}

/**
 * Reads one line: `{"tool": NAME, "arguments": {…}}`, `{"prompt": NAME, "arguments": {…}}`, `{"resource": URI}` or
 * `{"method": METHOD, "params": {…}}`, each with an `id` of its own where it wants one.
 *
 * @param number of the line, which stands for the id where there is none
 * @throws M2mcpError (exit 1) where it is none of them
 */
export function plannedCall(text: string, number: number): PlannedCall {
  const line = parsed(text, number);
  const { id = number, tool, prompt, resource, method } = line;
  const kinds = [tool, prompt, resource, method].filter((kind) => kind !== undefined);
  const [named] = kinds;
  if (kinds.length !== 1 || typeof named !== "string")
    throw badCallLine(number, "it names no call, or several");
  if (resource !== undefined) return { id, method: "resources/read", params: { uri: named } };
  if (method !== undefined) return { id, method: named, params: objectIn(line, "params", number) };
  return {
    id,
    method: tool === undefined ? "prompts/get" : "tools/call",
    params: { name: named, arguments: objectIn(line, "arguments", number) },
  };
}

function parsed(text: string, number: number): JsonObject {
  let line: unknown;
  try {
    // Long numbers go to the server as they stand here.
    line = (mayBeInexact(text) ? parseExactly(text) : undefined) ?? JSON.parse(text);
  } catch {
    throw badCallLine(number, "it is not valid JSON");
  }
  if (!isObject(line)) throw badCallLine(number, "it is no JSON object");
  return line;
}

function objectIn(line: JsonObject, member: string, number: number): JsonObject {
  const value = line[member] ?? {};
  if (!isObject(value)) throw badCallLine(number, `its ${member} are no JSON object`);
  return value;
}
