import { isObject, type JsonObject } from "../../json.ts";
import type { NotificationMessage, RequestMessage } from "../jsonrpc/message.ts";
import type { HeaderMap } from "./endpoint.ts";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What a header can carry as it is: visible ASCII, with spaces and tabs only inside. */
export const PLAIN = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/;
const PRIMITIVES = ["string", "integer", "boolean"];

/**
 * A header value as MCP 2026-07-28 "Value Encoding" wants it: plain ASCII as it is, anything else in the Base64
 * sentinel format.
 */
export function encodeHeaderValue(value: string): string {
  if (PLAIN.test(value) && !(value.startsWith("=?base64?") && value.endsWith("?="))) return value;
  return `=?base64?${Buffer.from(value, "utf8").toString("base64")}?=`;
}

/** Requests that go to whoever has the task (MCP Tasks extension, "Routing Headers"). */
const TASK_METHODS: readonly string[] = ["tasks/get", "tasks/update", "tasks/cancel"];

/** What the `Mcp-Name` header mirrors; undefined where there is no such header. */
export function nameOf({ method, params }: RequestMessage | NotificationMessage): string | undefined {
  const source =
    method === "tools/call" || method === "prompts/get"
      ? params.name
      : method === "resources/read"
        ? params.uri
        : TASK_METHODS.includes(method)
          ? params.taskId
          : undefined;
  return typeof source === "string" ? source : undefined;
}

/**
 * The `x-mcp-header` parameters of a tool (MCP 2026-07-28 "Schema Extension"), or why its definition is invalid.
 */
export function readHeaderMap(tool: JsonObject): { map: HeaderMap } | { invalid: string } {
  const map: HeaderMap = [];
  const seen = new Set<string>();
  const problem = walk(tool.inputSchema, (path, schema) => {
    const name = schema["x-mcp-header"];
    if (typeof name !== "string" || name === "") return "x-mcp-header must be a non-empty string";
    if (!TOKEN.test(name)) return `x-mcp-header ${JSON.stringify(name)} is no header name`;
    if (!PRIMITIVES.includes(String(schema.type)))
      return `x-mcp-header ${name} stands on a parameter that is neither string, integer nor boolean`;
    if (seen.has(name.toLowerCase())) return `x-mcp-header ${name} is used twice`;
    seen.add(name.toLowerCase());
    map.push({ path, header: `Mcp-Param-${name}` });
    return undefined;
  });
  return problem === undefined ? { map } : { invalid: problem };
}

/** Keywords whose values are data, not schemas. */
const DATA: readonly string[] = ["default", "const", "enum", "examples"];
/** Deepest nesting of a schema that is looked at; who writes deeper ones wants to exhaust us. */
const MAX_DEPTH = 1000;

interface Place {
  schema: unknown;
  path: string[];
  /** Whether `properties` alone leads here. */
  reachable: boolean;
  depth: number;
}

/** Visits each schema with `x-mcp-header`; one that `properties` alone does not lead to is a problem. */
function walk(
  whole: unknown,
  found: (path: string[], schema: JsonObject) => string | undefined,
): string | undefined {
  const open: Place[] = [{ schema: whole, path: [], reachable: true, depth: 0 }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { schema, path, reachable, depth } = place;
    if (typeof schema !== "object" || schema === null) continue;
    if (depth > MAX_DEPTH) return `its schema is nested more than ${MAX_DEPTH} levels deep`;
    const inside = (member: unknown, at: string[], leads: boolean) => ({
      schema: member,
      path: at,
      reachable: leads,
      depth: depth + 1,
    });
    if (isObject(schema) && "x-mcp-header" in schema) {
      if (!reachable || path.length === 0)
        return "x-mcp-header stands where no plain path of properties leads";
      const problem = found(path, schema);
      if (problem) return problem;
    }
    // Last in, first out: in reverse, so that they are visited as they stand.
    for (const [key, value] of Object.entries(schema).reverse()) {
      if (isObject(schema) && DATA.includes(key)) continue;
      if (isObject(schema) && key === "properties" && isObject(value)) {
        for (const [name, member] of Object.entries(value).reverse())
          open.push(inside(member, [...path, name], reachable));
      } else open.push(inside(value, path, false));
    }
  }
  return undefined;
}

/**
 * What `Mcp-Param-*` headers mirror of a call's arguments; absent and null values are left out, and integers beyond the safe
 * range, which have no exact digits here.
 */
export function mirroredValues(
  map: HeaderMap,
  args: unknown,
): [header: string, value: string | boolean | number][] {
  const values: [string, string | boolean | number][] = [];
  for (const { path, header } of map) {
    let value: unknown = args;
    for (const key of path) value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    if (typeof value === "string" || typeof value === "boolean" || isExact(value))
      values.push([header, value]);
  }
  return values;
}

/** The `Mcp-Param-*` headers for a call's arguments. */
export const paramHeaders = (map: HeaderMap, args: unknown): Record<string, string> =>
  Object.fromEntries(
    mirroredValues(map, args).map(([header, value]) => [header, encodeHeaderValue(String(value))]),
  );

const isExact = (value: unknown): value is number =>
  typeof value === "number" && (Number.isSafeInteger(value) || !Number.isInteger(value));
