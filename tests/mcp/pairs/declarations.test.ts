import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../lib/json.ts";
import { parseMessages } from "../../../lib/mcp/jsonrpc/parse.ts";
import { withDeclarations } from "../../../lib/mcp/pairs/declarations.ts";
import { answered } from "../../../lib/mcp/protocol/answer.ts";
import type { Transport } from "../../../lib/mcp/protocol/transport.ts";
import { META } from "../../support/messages.ts";

const NAME = "io.modelcontextprotocol/oauth-client-credentials";
const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
const EXTENSIONS = { [NAME]: {} };
const TRACE = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };

/** What is sent of a request, and whether it is the message that was given. */
async function sent(
  text: string,
  declared: { extensions: Record<string, object>; trace?: Record<string, string> },
) {
  const [message] = parseMessages(text);
  if (message?.kind !== "request") throw new Error("no request");
  let passed = message;
  const transport: Transport = {
    async request(call) {
      passed = call.message;
      return answered({ kind: "response", id: call.message.id, result: {}, text: "" });
    },
    async notify() {},
    async respond() {},
    async close() {},
  };
  await withDeclarations(transport, declared).request({
    message,
    signal: new AbortController().signal,
    onMessage: async () => {},
  });
  return {
    params: passed.params as JsonObject & { _meta?: JsonObject; capabilities?: JsonObject },
    text: String(passed.text),
    same: passed === message,
  };
}
const request = (method: string, params: object, id = "1") =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${JSON.stringify(params)}}`;

describe("the extension of a grant", () => {
  test("stands in the handshake, beside the client's own", async () => {
    const capabilities = { roots: {}, extensions: { "example.com/x": { a: 1 } } };
    const { params } = await sent(request("initialize", { capabilities }), { extensions: EXTENSIONS });
    expect(params.capabilities).toEqual({ roots: {}, extensions: { [NAME]: {}, "example.com/x": { a: 1 } } });
  });

  test("stands in each modern request, beside the client's own", async () => {
    const _meta = { ...META, [CAPABILITIES]: { extensions: { [NAME]: { mine: 1 } } } };
    const { params } = await sent(request("tools/list", { _meta }), { extensions: EXTENSIONS });
    expect(params._meta?.[CAPABILITIES]).toEqual({ extensions: { [NAME]: { mine: 1 } } });
    const bare = await sent(request("tools/list", { _meta: META }), { extensions: EXTENSIONS });
    expect(bare.params._meta).toEqual({ ...META, [CAPABILITIES]: { extensions: EXTENSIONS } });
  });

  test("stands in no other request of the legacy era, which passes as it is", async () => {
    expect((await sent(request("tools/list", {}), { extensions: EXTENSIONS })).same).toBe(true);
  });
});

describe("the trace of the environment", () => {
  test("goes with each request, in either era", async () => {
    for (const _meta of [undefined, { progressToken: 1 }, META]) {
      const { params } = await sent(request("tools/call", { name: "x", ...(_meta ? { _meta } : {}) }), {
        extensions: {},
        trace: TRACE,
      });
      expect(params._meta).toEqual({ ...TRACE, ..._meta });
    }
  });

  test("makes way for the client's own", async () => {
    const own = { traceparent: "00-11111111111111111111111111111111-2222222222222222-01" };
    const { params } = await sent(request("tools/call", { _meta: own }), {
      extensions: EXTENSIONS,
      trace: TRACE,
    });
    expect(params._meta).toEqual(own);
  });
});

test("nothing to declare changes nothing", async () => {
  expect((await sent(request("initialize", { capabilities: {} }), { extensions: {} })).same).toBe(true);
});

test("numbers and ids stay as they were written", async () => {
  const text = `{"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{"n":12345678901234567890}}`;
  const { text: passed } = await sent(text, { extensions: EXTENSIONS, trace: TRACE });
  expect(passed).toContain('"id":1.0,');
  expect(passed).toContain('"n":12345678901234567890');
});
