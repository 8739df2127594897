import { describe, expect, test } from "bun:test";
import { encodeHeaderValue, paramHeaders, readHeaderMap } from "../../../lib/mcp/protocol/param-headers.ts";

describe("values (MCP 2026-07-28 Value Encoding)", () => {
  for (const [value, encoded] of [
    ["us-west1", "us-west1"],
    ["a b\tc", "a b\tc"],
    ["Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="],
    [" padded ", "=?base64?IHBhZGRlZCA=?="],
    ["line1\nline2", "=?base64?bGluZTEKbGluZTI=?="],
    ["=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="],
    ["=?base64?open", "=?base64?open"],
    ["\u007f", "=?base64?fw==?="],
    ["", ""],
  ] as const)
    test(JSON.stringify(value), () => expect(encodeHeaderValue(value)).toBe(encoded));
});

const tool = (properties: object, more: object = {}) => ({
  name: "t",
  inputSchema: { type: "object", properties, ...more },
});
const header = (type: unknown, name: unknown = "X") => ({ type, "x-mcp-header": name });

describe("tools that may be used", () => {
  test("name their headers, at any depth of properties", () => {
    const deep = {
      type: "object",
      properties: { n: header("integer", "N"), properties: header("boolean", "P") },
    };
    expect(readHeaderMap(tool({ a: header("string", "A-1"), deep }))).toEqual({
      map: [
        { path: ["a"], header: "Mcp-Param-A-1" },
        { path: ["deep", "n"], header: "Mcp-Param-N" },
        { path: ["deep", "properties"], header: "Mcp-Param-P" },
      ],
    });
    expect(readHeaderMap(tool({}))).toEqual({ map: [] });
    expect(readHeaderMap({ name: "t" })).toEqual({ map: [] });
  });
  test("may have data that looks like an annotation", () => {
    const data = { "x-mcp-header": "no name" };
    expect(
      readHeaderMap(
        tool({ a: { type: "object", default: data, const: data, enum: [data], examples: [data] } }),
      ),
    ).toEqual({
      map: [],
    });
  });
  test("may have a property of that name", () => {
    expect(readHeaderMap(tool({ "x-mcp-header": { type: "string" } }))).toEqual({ map: [] });
  });
});

describe("tools that must be left out", () => {
  for (const [why, invalid] of [
    ["empty", tool({ a: header("string", "") })],
    ["not a string", tool({ a: header("string", 5) })],
    ["a space", tool({ a: header("string", "a b") })],
    ["a line break", tool({ a: header("string", "a\r\nb") })],
    ["a colon", tool({ a: header("string", "a:b") })],
    ["not ASCII", tool({ a: header("string", "ü") })],
    ["twice but for case", tool({ a: header("string", "A"), b: header("string", "a") })],
    ["an object", tool({ a: header("object") })],
    ["an array", tool({ a: header("array") })],
    ["no type", tool({ a: header(undefined) })],
    ["the root", { name: "t", inputSchema: { type: "object", "x-mcp-header": "X" } }],
    ["items", tool({ a: { type: "array", items: header("string") } })],
    ["prefixItems", tool({ a: { type: "array", prefixItems: [header("string")] } })],
    ["oneOf", tool({}, { oneOf: [{ properties: { a: header("string") } }] })],
    ["not", tool({ a: { not: { properties: { b: header("string") } } } })],
    ["else", tool({}, { if: {}, else: { properties: { a: header("string") } } })],
    ["$defs", tool({}, { $defs: { a: header("string") } })],
    ["additionalProperties", tool({}, { additionalProperties: header("string") })],
    ["patternProperties", tool({}, { patternProperties: { "^a": header("string") } })],
  ] as const)
    test(why, () => expect(readHeaderMap(invalid)).toHaveProperty("invalid"));
});

describe("arguments", () => {
  const map = [
    { path: ["a"], header: "Mcp-Param-A" },
    { path: ["deep", "b"], header: "Mcp-Param-B" },
  ];
  for (const [args, headers] of [
    [
      { a: "x", deep: { b: 42 } },
      { "Mcp-Param-A": "x", "Mcp-Param-B": "42" },
    ],
    [
      { a: false, deep: { b: -7 } },
      { "Mcp-Param-A": "false", "Mcp-Param-B": "-7" },
    ],
    [{ a: null, deep: {} }, {}],
    [{ a: { x: 1 }, deep: [1] }, {}],
    [{ a: 2 ** 60, deep: { b: Number.MAX_SAFE_INTEGER } }, { "Mcp-Param-B": "9007199254740991" }],
    [{ a: "" }, { "Mcp-Param-A": "" }],
    [undefined, {}],
    [JSON.parse('{"__proto__": {"a": "x"}}'), {}],
  ] as [unknown, object][])
    test(JSON.stringify(args) ?? "none", () => expect(paramHeaders(map, args)).toEqual(headers as never));
});
