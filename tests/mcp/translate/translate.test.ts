import { describe, expect, test } from "bun:test";
import { request } from "../../../lib/mcp/jsonrpc/message.ts";
import { missingCapability } from "../../../lib/mcp/protocol/capabilities.ts";
import { createOutputShapes } from "../../../lib/mcp/translate/output-schema.ts";
import {
  initializeResult,
  legacyError,
  legacyResult,
  withoutModernMeta,
} from "../../../lib/mcp/translate/to-legacy.ts";
import {
  completeResult,
  discoverResult,
  modernError,
  withModernMeta,
} from "../../../lib/mcp/translate/to-modern.ts";

const INFO = { name: "s", version: "1" };
const KEY = "io.modelcontextprotocol/";

describe("handshake and discovery", () => {
  const discovered = {
    resultType: "complete",
    supportedVersions: ["2026-07-28"],
    capabilities: { tools: {} },
    instructions: "do",
    ttlMs: 5,
    cacheScope: "public",
    "example.com/x": 1,
    _meta: { [`${KEY}serverInfo`]: INFO, "example.com/y": 2 },
  };
  test("each from the other, with nothing unknown lost", () => {
    const initialized = initializeResult(discovered, "2025-06-18");
    expect(initialized).toEqual({
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: INFO,
      instructions: "do",
      "example.com/x": 1,
      _meta: { "example.com/y": 2 },
    });
    expect(discoverResult(initialized)).toEqual({ ...discovered, ttlMs: 0, cacheScope: "private" });
  });
  test("a version that is not known is answered with the latest legacy one", () => {
    expect(initializeResult(discovered, "1999-01-01").protocolVersion).toBe("2025-11-25");
    expect(initializeResult({}, undefined)).toEqual({
      protocolVersion: "2025-11-25",
      capabilities: {},
      serverInfo: { name: "unknown", version: "0" },
    });
  });
});

describe("_meta of requests", () => {
  const client = { clientInfo: { name: "c", version: "1" }, capabilities: { roots: {} } };
  test("is added, and taken away again", () => {
    const params = { name: "x", _meta: { progressToken: 1, "example.com/a": 2 } };
    const modern = withModernMeta(params, client, "info");
    expect(modern).toEqual({
      name: "x",
      _meta: {
        progressToken: 1,
        "example.com/a": 2,
        [`${KEY}protocolVersion`]: "2026-07-28",
        [`${KEY}clientInfo`]: client.clientInfo,
        [`${KEY}clientCapabilities`]: { roots: {} },
        [`${KEY}logLevel`]: "info",
      },
    });
    expect(withoutModernMeta({ ...modern, inputResponses: {}, requestState: "s" })).toEqual(params);
    expect(withoutModernMeta(withModernMeta({}, client, undefined))).toEqual({});
  });
});

describe("results", () => {
  test("lose what the other era does not know", () => {
    const legacy = { tools: [], nextCursor: "c", _meta: { a: 1 } };
    const modern = completeResult("tools/list", legacy, INFO);
    expect(modern).toEqual({
      ...legacy,
      resultType: "complete",
      ttlMs: 0,
      cacheScope: "private",
      _meta: { a: 1, [`${KEY}serverInfo`]: INFO },
    });
    expect(legacyResult(modern)).toEqual({ ...legacy, _meta: modern._meta });
    expect(completeResult("tools/call", { content: [] }, undefined)).toEqual({
      resultType: "complete",
      content: [],
    });
    expect(completeResult("resources/read", { ttlMs: 7, cacheScope: "public" }, undefined)).toMatchObject({
      ttlMs: 7,
      cacheScope: "public",
    });
  });
  test("of a type that an extension brought keep it", () => {
    const task = { resultType: "task", taskId: "t" };
    expect(legacyResult(task)).toEqual(task);
    expect(completeResult("tools/call", task, undefined)).toEqual(task);
  });
  test("of a legacy server that name a type of their own are complete", () => {
    for (const resultType of ["streamed", "input_required", null, 7])
      expect(completeResult("tools/call", { content: [], resultType }, undefined)).toEqual({
        resultType: "complete",
        content: [],
      });
  });
  test("of a call have content, which legacy servers may leave out", () => {
    const complete = { resultType: "complete" };
    expect(completeResult("tools/call", { structuredContent: { a: 1 } }, undefined)).toEqual({
      ...complete,
      structuredContent: { a: 1 },
      content: [],
    });
    expect(completeResult("tools/call", { task: {} }, undefined)).toEqual({ ...complete, task: {} });
    expect(completeResult("prompts/get", { messages: [] }, undefined)).toEqual({ ...complete, messages: [] });
  });
});

test("errors: a missing resource differs, and no code of a server's own is one that means something since 2026-07-28", () => {
  const gone = { code: -32002, message: "gone", data: { uri: "a:b" } };
  expect(modernError(gone)).toEqual({ ...gone, code: -32602 });
  expect(legacyError({ ...gone, code: -32602 }, "resources/read", { uri: "a:b" })).toEqual(gone);
  const other = { code: -32602, message: "no", data: { uri: "other" } };
  expect(legacyError(other, "resources/read", { uri: "a:b" })).toBe(other);
  expect(legacyError({ ...gone, code: -32602 }, "tools/call", { uri: "a:b" }).code).toBe(-32602);
  expect(modernError(other)).toBe(other);
  for (const code of [-32020, -32021, -32022, -32042, -32099])
    expect(modernError({ code, message: "mine", data: 1 })).toEqual({
      code: -32603,
      message: "mine",
      data: 1,
    });
  for (const code of [-32000, -32019, -32100, 7])
    expect(modernError({ code, message: "mine" }).code).toBe(code);
});

describe("capabilities that an input needs", () => {
  for (const [capabilities, method, params, missing] of [
    [{ elicitation: {} }, "elicitation/create", {}, undefined],
    [{ elicitation: { form: {} } }, "elicitation/create", { mode: "form" }, undefined],
    [{ elicitation: {} }, "elicitation/create", { mode: "url" }, { elicitation: { url: {} } }],
    [{ elicitation: { url: {} } }, "elicitation/create", {}, { elicitation: { form: {} } }],
    [{ elicitation: { url: {} } }, "elicitation/create", { mode: "url" }, undefined],
    [{}, "elicitation/create", {}, { elicitation: { form: {} } }],
    [{ sampling: {} }, "sampling/createMessage", {}, undefined],
    [undefined, "sampling/createMessage", {}, { sampling: {} }],
    [{ sampling: {} }, "sampling/createMessage", { tools: [] }, { sampling: { tools: {} } }],
    [{ sampling: {} }, "sampling/createMessage", { toolChoice: {} }, { sampling: { tools: {} } }],
    [{ sampling: { tools: {} } }, "sampling/createMessage", { tools: [] }, undefined],
    [{}, "roots/list", {}, { roots: {} }],
    [{}, "example.com/ask", {}, undefined],
  ] as [unknown, string, Record<string, unknown>, unknown][])
    test(`${method} ${JSON.stringify(params)} of ${JSON.stringify(capabilities)}`, () => {
      expect(missingCapability(capabilities, method, params)).toEqual(missing as never);
    });
});

describe("structured output for legacy clients", () => {
  const list = request("1", "tools/list", {});
  const call = (name: string) => request("1", "tools/call", { name });
  test("stays what it is when it is an object", () => {
    const shapes = createOutputShapes();
    const tools = { tools: [{ name: "a", outputSchema: { type: "object" } }, { name: "b" }] };
    expect(shapes.legacy(list, tools)).toBe(tools);
    const result = { content: [], structuredContent: { x: 1 } };
    expect(shapes.legacy(call("a"), result)).toBe(result);
  });
  test("goes into an object, schema and value alike", () => {
    const shapes = createOutputShapes();
    const outputSchema = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      anyOf: [{ $ref: "#/$defs/one" }, { $ref: "#" }, { $ref: "https://example.com/s#/x" }],
      $defs: {
        one: { const: { $ref: "#/data" } },
        $ref: { type: "number" },
        based: { $id: "https://x/", $ref: "#/a" },
      },
    };
    const { tools } = shapes.legacy(list, { tools: [{ name: "a", outputSchema }] });
    expect(tools).toEqual([
      {
        name: "a",
        outputSchema: {
          $schema: outputSchema.$schema,
          type: "object",
          properties: {
            result: {
              ...outputSchema,
              anyOf: [
                { $ref: "#/properties/result/$defs/one" },
                { $ref: "#/properties/result" },
                { $ref: "https://example.com/s#/x" },
              ],
            },
          },
          required: ["result"],
        },
      },
    ]);
    // Of a tool with such a schema, an object goes into one too; of any tool, what is none.
    expect(shapes.legacy(call("a"), { structuredContent: { x: 1 } }).structuredContent).toEqual({
      result: { x: 1 },
    });
    for (const value of [[1], "s", 0, null])
      expect(shapes.legacy(call("z"), { structuredContent: value }).structuredContent).toEqual({
        result: value,
      });
  });
});
