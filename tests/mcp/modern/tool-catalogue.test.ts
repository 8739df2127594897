import { describe, expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { type RequestMessage, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { parseMessages } from "../../../lib/mcp/jsonrpc/parse.ts";
import { createToolCatalogue } from "../../../lib/mcp/modern/tool-catalogue.ts";
import { answered, refused } from "../../../lib/mcp/protocol/answer.ts";
import { fakeEndpoint } from "../../support/mcp/fake-endpoint.ts";

const tool = (name: string, header?: unknown) => ({
  name,
  inputSchema: {
    type: "object",
    properties: { region: { type: "string", ...(header === undefined ? {} : { "x-mcp-header": header }) } },
  },
});
const REGION = [{ path: ["region"], header: "Mcp-Param-Region" }];
const start = () => {
  const endpoint = fakeEndpoint(() => new Response());
  return { endpoint, catalogue: createToolCatalogue(endpoint, createIds()) };
};
const list = (...tools: unknown[]) => resultResponse("1", { tools, more: 1 });

describe("a list of tools", () => {
  test("that may all be used passes to the letter", () => {
    const { catalogue } = start();
    const [read] = parseMessages(
      '{"jsonrpc":"2.0", "id":1.0,"result":{"tools":[{"name":"a","n":1.50}]}}',
      "server",
    );
    if (read?.kind !== "response") throw new Error("no response");
    expect(catalogue.take(read)).toBe(read);
    for (const other of [resultResponse("1", {}), resultResponse("1", { tools: 7 })])
      expect(catalogue.take(other)).toBe(other);
  });

  test("loses the tools whose headers are wrong, each with a warning, and nothing else", () => {
    const { catalogue, endpoint } = start();
    const taken = catalogue.take(
      list(tool("good", "Region"), tool("bad", 7), 7, { nameless: true }, tool("worse", "a b")),
    );
    expect(taken.result).toEqual({ tools: [tool("good", "Region"), 7, { nameless: true }], more: 1 });
    expect(taken.id).toBe("1");
    expect(endpoint.logged.map((line) => /left out tool (\w+)/.exec(line)?.[1])).toEqual(["bad", "worse"]);
  });

  test("keeps the numbers of those that stay", () => {
    const { catalogue } = start();
    const text = `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","n":12345678901234567890},${JSON.stringify(tool("bad", 7))}]}}`;
    const [read] = parseMessages(text, "server");
    if (read?.kind !== "response") throw new Error("no response");
    expect(String(catalogue.take(read).text)).toContain('"n":12345678901234567890');
  });
});

describe("headers of a tool", () => {
  test("are those of the latest list, and known to later runs", async () => {
    const { catalogue, endpoint } = start();
    expect(await catalogue.headersOf("a")).toEqual([]);
    catalogue.take(list(tool("a", "Region"), tool("plain")));
    expect(await catalogue.headersOf("a")).toEqual(REGION);
    expect(endpoint.memory?.toolHeaders).toEqual({ a: REGION });
    catalogue.take(list(tool("a")));
    expect(await catalogue.headersOf("a")).toEqual([]);
    expect(endpoint.memory?.toolHeaders).toEqual({});
  });

  test("are those that an earlier run learned, asked for once", async () => {
    const { endpoint } = start();
    let reads = 0;
    const cache = {
      ...endpoint.cache,
      async read() {
        reads++;
        return { toolHeaders: { a: REGION } };
      },
    };
    const catalogue = createToolCatalogue({ ...endpoint, cache }, createIds());
    expect(await catalogue.headersOf("a")).toEqual(REGION);
    expect(await catalogue.headersOf("b")).toEqual([]);
    expect(reads).toBe(1);
  });

  test("that did not change are not written again", async () => {
    const { endpoint } = start();
    let writes = 0;
    const cache = {
      read: async () => undefined,
      async change() {
        writes++;
      },
    };
    const catalogue = createToolCatalogue({ ...endpoint, cache }, createIds());
    for (let n = 0; n < 5; n++) {
      catalogue.take(list(tool("a", "Region"), tool("plain")));
      await catalogue.headersOf("a");
    }
    expect(writes).toBe(1);
  });
});

describe("all tools, listed to learn their headers,", () => {
  /** A server with these pages; what was asked for. */
  async function relearn(
    pageOf: (cursor: unknown) => ReturnType<typeof answered> | ReturnType<typeof refused>,
  ) {
    const { catalogue } = start();
    const asked: RequestMessage[] = [];
    await catalogue.relearn({ mine: true }, async (message) => {
      asked.push(message);
      return pageOf(message.params.cursor);
    });
    return { catalogue, cursors: asked.map(({ params }) => params.cursor), asked };
  }
  const page = (result: object) => answered(resultResponse("1", { ...result }));

  test("are followed page by page, each asked for with what the call says of itself", async () => {
    const { catalogue, cursors, asked } = await relearn((cursor) =>
      cursor === undefined
        ? page({ tools: [], nextCursor: "" })
        : cursor === ""
          ? page({ tools: [], nextCursor: "c" })
          : page({ tools: [tool("a", "Region")] }),
    );
    expect(cursors).toEqual([undefined, "", "c"]);
    expect(asked.every(({ params }) => JSON.stringify(params._meta) === '{"mine":true}')).toBe(true);
    expect(new Set(asked.map(({ id }) => id)).size).toBe(3);
    expect(await catalogue.headersOf("a")).toEqual(REGION);
  });

  test("end at a cursor seen before, at a refusal, and at a thousand pages", async () => {
    expect((await relearn(() => page({ nextCursor: "same" }))).cursors).toEqual([undefined, "same"]);
    expect((await relearn(() => refused(500))).cursors).toEqual([undefined]);
    let n = 0;
    expect((await relearn(() => page({ nextCursor: `${n++}` }))).cursors).toHaveLength(1000);
  });
});
