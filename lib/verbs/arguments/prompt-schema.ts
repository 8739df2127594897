import { isObject, type JsonObject } from "../../json.ts";
import { jsonText } from "../../ui/json-text.ts";
import type { Given } from "./given.ts";

/** What a prompt takes, as a JSON Schema: strings by name (MCP "Prompts"). Where it does not say, anything. */
export function promptSchema({ arguments: declared }: JsonObject): JsonObject {
  if (!Array.isArray(declared)) return { type: "object" };
  const named = declared.filter(
    (one): one is JsonObject & { name: string } => isObject(one) && typeof one.name === "string",
  );
  return {
    type: "object",
    properties: Object.fromEntries(
      named.map(({ name, description }) => [
        name,
        { type: "string", ...(typeof description === "string" ? { description } : {}) },
      ]),
    ),
    required: named.filter(({ required }) => required === true).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** What was given, as the strings that a prompt takes: of `key:=json` that is no string, the JSON. */
export const asStrings = ({ base, pairs, isNothing }: Given): Given => ({
  base: Object.fromEntries(Object.entries(base).map(([name, value]) => [name, asString(value)])),
  pairs: pairs.map((pair) => ("text" in pair ? pair : { key: pair.key, text: asString(pair.value) })),
  isNothing,
});

const asString = (value: unknown): string => (typeof value === "string" ? value : jsonText(value));
