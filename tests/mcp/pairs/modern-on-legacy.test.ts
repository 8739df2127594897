// A modern client at a legacy server.
import { expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { transportFor } from "../../../lib/mcp/pairs/pair.ts";
import type { Endpoint } from "../../../lib/mcp/protocol/endpoint.ts";
import {
  bare,
  callOf,
  fakeEndpoint,
  hostSteps,
  inShort,
  openStream,
  type Sent,
} from "../../support/mcp/fake-endpoint.ts";
import { META } from "../../support/messages.ts";
import { legacy } from "../connection/start.ts";

const modernAt = (endpoint: Endpoint) =>
  transportFor("modern", "legacy", {
    endpoint,
    ids: createIds(),
    onMessage: async () => {},
    client: { clientInfo: undefined, capabilities: {} },
    resumed: undefined,
    onOpened() {},
  });

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
    const transport = modernAt(endpoint);
    const call = callOf("tools/call", { params: { name: "x", _meta: CAPABLE } });
    expect(await transport.open(call, true)).toMatchObject({ kind: "opened" });
    expect(inShort(await transport.request(call))).toBe("done");
  },
);

test("what a call tells of itself while its client answers a question comes first to the client's next request", async () => {
  const stream = openStream();
  const told = (method: string, params: object) => ({ jsonrpc: "2.0", method, params });
  const endpoint = fakeEndpoint(
    legacy((sent) => {
      // The client's answer to the question.
      if (sent.method === "") {
        stream.say({ jsonrpc: "2.0", id: endpoint.sent.find(isCall)?.id, result: { text: "done" } });
        return bare(202);
      }
      stream.say(told("notifications/progress", { progressToken: "first", progress: 1 }), {
        jsonrpc: "2.0",
        id: "q",
        method: "sampling/createMessage",
        params: {},
      });
      return stream;
    }),
  );
  const isCall = ({ method }: Sent) => method === "tools/call";
  const transport = modernAt(endpoint);
  const heard: unknown[] = [];
  const round = (progressToken: string, more: object) =>
    callOf("tools/call", {
      id: `"${progressToken}"`,
      params: {
        name: "x",
        _meta: { ...CAPABLE, progressToken, "io.modelcontextprotocol/logLevel": "info" },
        ...more,
      },
      onMessage: async ({ params }) => void heard.push([progressToken, params.data ?? params]),
    });
  const first = round("first", {});
  await transport.open(first, true);
  const asked = await transport.request(first);
  if (asked.kind !== "response") throw new Error("nothing was asked");
  const { requestState, inputRequests } = asked.message.result as {
    requestState: string;
    inputRequests: object;
  };
  for (const at of [2, 3])
    stream.say(told("notifications/progress", { progressToken: "first", progress: at }));
  stream.say(told("notifications/message", { level: "info", data: "between" }));
  stream.say(told("notifications/message", { level: "debug", data: "too little" }));
  await hostSteps();
  const inputResponses = Object.fromEntries(Object.keys(inputRequests).map((key) => [key, { text: "yes" }]));
  expect(inShort(await transport.request(round("second", { requestState, inputResponses })))).toBe("done");
  expect(heard).toEqual([
    ["first", { progressToken: "first", progress: 1 }],
    ["second", { progressToken: "second", progress: 2 }],
    ["second", { progressToken: "second", progress: 3 }],
    ["second", "between"],
  ]);
});
