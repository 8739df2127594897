import type { JsonObject } from "../../json.ts";
import { choicesOf } from "../resolve.ts";
import { type Argument, argumentsOf } from "../type-words.ts";
import { exampleValue, making } from "./value.ts";

/** Optional arguments that an example shows where none is required. */
const MOST_OPTIONAL = 2;

/**
 * Arguments to begin with, most telling first: of what is required, or of a tool that requires nothing, of what its
 * schema itself gives values for. Which of them fit is for a validator to say; the last are the plainest.
 */
export function exampleArguments(inputSchema: unknown): JsonObject[] {
  const all = argumentsOf(inputSchema);
  const required = all.filter((argument) => argument.required);
  const told = all.filter(({ schema }) => isTelling(schema)).slice(0, MOST_OPTIONAL);
  const choices = [required.length > 0 ? required : told, required];
  return [true, false].flatMap((isTold) => choices.map((chosen) => filled(chosen, inputSchema, isTold)));
}

const isTelling = (schema: JsonObject): boolean =>
  schema.default !== undefined || Array.isArray(schema.examples) || choicesOf(schema) !== undefined;

function filled(chosen: readonly Argument[], root: unknown, isTold: boolean): JsonObject {
  const how = making(root, isTold);
  return Object.fromEntries(chosen.map(({ name, source }) => [name, exampleValue(source, how)]));
}
