import { M2mcpError } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { readJsonObject } from "../arguments/read-json.ts";
import { badCallLine } from "./errors.ts";

/** The request that one line of the input asks for. */
export interface PlannedCall {
  method: string;
  params: JsonObject;
  /** Members of the line that mean nothing in it. */
  unheard: string[];
}

/**
 * Reads one line of JSON. Its answer is written under its `id`, else under its number.
 *
 * @throws M2mcpError (exit 1)
 */
export const callLine = (text: string, number: number): Promise<JsonObject> =>
  readJsonObject(text, "it is", "").catch((error: unknown) => {
    throw error instanceof M2mcpError ? badCallLine(number, error.message) : error;
  });

/**
 * What a line asks for: `{"tool": NAME, "arguments": {…}}`, `{"prompt": NAME, "arguments": {…}}`, `{"resource": URI}` or
 * `{"method": METHOD, "params": {…}}`, each with an `id` of its own where it wants one.
 *
 * @throws M2mcpError (exit 1) where it is none of them
 */
export function plannedCall(line: JsonObject, number: number): PlannedCall {
  const { tool, prompt, resource, method } = line;
  const kinds = [tool, prompt, resource, method].filter((kind) => kind !== undefined);
  const [named] = kinds;
  if (kinds.length !== 1 || typeof named !== "string")
    throw badCallLine(number, "it names no call, or several");
  const unheard = (...members: string[]) =>
    Object.keys(line).filter((name) => !["id", "jsonrpc", ...members].includes(name));
  if (resource !== undefined)
    return { method: "resources/read", params: { uri: named }, unheard: unheard("resource") };
  if (method !== undefined)
    return { method: named, params: objectIn(line, "params", number), unheard: unheard("method", "params") };
  return {
    method: tool === undefined ? "prompts/get" : "tools/call",
    params: { name: named, arguments: objectIn(line, "arguments", number) },
    unheard: unheard("tool", "prompt", "arguments"),
  };
}

function objectIn(line: JsonObject, member: string, number: number): JsonObject {
  const value = line[member] ?? {};
  if (!isObject(value)) throw badCallLine(number, `its ${member} are no JSON object`);
  return value;
}
