import { isObject, type JsonObject } from "../../json.ts";
import { sha256 } from "../../platform/runtime/digest.ts";
import { legacyTool } from "../translate/output-schema.ts";

/** What a tool says of itself, and a model goes by (MCP "Tool"). */
const MEMBERS = ["name", "title", "description", "annotations", "inputSchema", "outputSchema"] as const;

/**
 * What is pinned of a tool. The same for clients of either era: a legacy one sees the output schema of a modern server
 * in another shape, so that shape is taken for both.
 */
export function definitionOf(tool: JsonObject): JsonObject {
  const same = legacyTool(tool);
  return Object.fromEntries(
    MEMBERS.flatMap((name) => (same[name] === undefined ? [] : [[name, same[name]]])),
  );
}

/** JSON with the members of each object in one order (after RFC 8785): the same value gives the same text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(",")}}`;
}

/** SHA-256 of a definition, in hex. */
export const digestOf = (definition: JsonObject): string => sha256(canonicalJson(definition), "hex");
