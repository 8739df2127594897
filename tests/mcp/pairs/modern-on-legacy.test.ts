// A modern client at a legacy server.
import { expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { transportFor } from "../../../lib/mcp/pairs/pair.ts";
import { callOf, fakeEndpoint, inShort, openStream } from "../../support/mcp/fake-endpoint.ts";
import { META } from "../../support/messages.ts";
import { legacy } from "../connection/start.ts";

const CAPABLE = { ...META, "io.modelcontextprotocol/clientCapabilities": { sampling: {} } };

test.each(["1", "1.0", '"1"', "9007199254740993"])(
  "a question %s that the server asks no more is not put to the client, however its number is written",
  async (id) => {
    const endpoint = fakeEndpoint(
      legacy((sent) => {
        const stream = openStream();
        stream.say(
          `{"jsonrpc":"2.0","id":${id},"method":"sampling/createMessage","params":{}}`,
          `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`,
        );
        // Longer than questions are collected.
        setTimeout(() => stream.say({ jsonrpc: "2.0", id: sent.id, result: { text: "done" } }), 100);
        return stream;
      }),
    );
    const transport = transportFor("modern", "legacy", {
      endpoint,
      ids: createIds(),
      onMessage: async () => {},
      client: { clientInfo: undefined, capabilities: {} },
      resumed: undefined,
      onOpened() {},
    });
    const call = callOf("tools/call", { params: { name: "x", _meta: CAPABLE } });
    expect(await transport.open(call, true)).toMatchObject({ kind: "opened" });
    expect(inShort(await transport.request(call))).toBe("done");
  },
);
