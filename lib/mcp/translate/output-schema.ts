import { isObject, type JsonObject } from "../../json.ts";
import type { RequestMessage } from "../jsonrpc/message.ts";

/** Keywords whose values are data, not schemas. */
const DATA = ["const", "enum", "default", "examples"];
/** Keywords whose values map names to schemas. */
const NAMED = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/**
 * Structured output may be any JSON value in 2026-07-28, but only an object before: for legacy clients, other schemas
 * and values go into an object with the one property `result`.
 */
export function createOutputShapes() {
  /** Tools whose output was put into an object. */
  const wrapped = new Set<string>();
  return {
    /** A result of a modern server's as a legacy client takes it. */
    legacy({ method, params }: RequestMessage, result: JsonObject): JsonObject {
      if (method === "tools/list" && Array.isArray(result.tools) && result.tools.some(hasOtherOutput))
        return { ...result, tools: result.tools.map(noted) };
      if (method !== "tools/call" || !("structuredContent" in result)) return result;
      const { structuredContent: value } = result;
      return isObject(value) && !wrapped.has(String(params.name))
        ? result
        : { ...result, structuredContent: { result: value } };
    },
  };

  function noted(tool: unknown): unknown {
    if (!isObject(tool)) return tool;
    if (hasOtherOutput(tool)) wrapped.add(String(tool.name));
    else wrapped.delete(String(tool.name));
    return legacyTool(tool);
  }
}

/** A tool as a legacy client takes it. */
export const legacyTool = (tool: JsonObject): JsonObject =>
  hasOtherOutput(tool) ? { ...tool, outputSchema: inObject(tool.outputSchema) } : tool;

const hasOtherOutput = (tool: unknown): boolean =>
  isObject(tool) &&
  tool.outputSchema !== undefined &&
  !(isObject(tool.outputSchema) && tool.outputSchema.type === "object");

/** A schema as that of the property `result`; pointers into it are led there. */
function inObject(schema: unknown): JsonObject {
  const dialect = isObject(schema) && typeof schema.$schema === "string" ? { $schema: schema.$schema } : {};
  return { ...dialect, type: "object", properties: { result: moved(schema, false) }, required: ["result"] };
}

function moved(schema: unknown, isNames: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((member) => moved(member, false));
  if (!isObject(schema)) return schema;
  // A base of its own: what points from there points within it.
  if (!isNames && typeof schema.$id === "string" && !schema.$id.startsWith("#")) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (isNames) return [key, moved(value, false)];
      if ((key === "$ref" || key === "$dynamicRef") && typeof value === "string" && /^#(\/|$)/.test(value))
        return [key, `#/properties/result${value.slice(1)}`];
      return [key, DATA.includes(key) ? value : moved(value, NAMED.includes(key))];
    }),
  );
}
