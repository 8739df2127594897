import { M2mcpError } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { readJsonObject } from "../arguments/read-json.ts";
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
export async function plannedCall(text: string, number: number): Promise<PlannedCall> {
  const line = await parsed(text, number);
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

const parsed = (text: string, number: number): Promise<JsonObject> =>
  readJsonObject(text, "it is", "").catch((error: unknown) => {
    throw error instanceof M2mcpError ? badCallLine(number, error.message) : error;
  });

function objectIn(line: JsonObject, member: string, number: number): JsonObject {
  const value = line[member] ?? {};
  if (!isObject(value)) throw badCallLine(number, `its ${member} are no JSON object`);
  return value;
}
