// A modern client at a legacy server.
import { describe, expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { transportFor } from "../../../lib/mcp/pairs/pair.ts";
import type { Endpoint } from "../../../lib/mcp/protocol/endpoint.ts";
import {
  bare,
  callOf,
  type FakeEndpoint,
  fakeEndpoint,
  hostSteps,
  inShort,
  json,
  openStream,
  refuse,
  result,
  type Sent,
} from "../../support/mcp/fake-endpoint.ts";
import { META } from "../../support/messages.ts";
import { until } from "../../support/waiting.ts";
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
      stream.say(told("notifications/progress", { progressToken: token(), progress: 1 }), {
        jsonrpc: "2.0",
        id: "q",
        method: "sampling/createMessage",
        params: {},
      });
      return stream;
    }),
  );
  const isCall = ({ method }: Sent) => method === "tools/call";
  const token = () => endpoint.sent.find(isCall)?.params._meta.progressToken;
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
    stream.say(told("notifications/progress", { progressToken: token(), progress: at }));
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

describe("subscriptions to one resource", () => {
  /** A server of which others answer what it is asked about the resources. */
  function start(answer: (sent: Sent) => Response | Promise<Response>) {
    const server = legacy(answer);
    const endpoint = fakeEndpoint((sent) =>
      sent.method === "initialize"
        ? json({ jsonrpc: "2.0", id: sent.id, result: SUBSCRIBABLE }, 200, { "mcp-session-id": "s1" })
        : server(sent),
    );
    const transport = modernAt(endpoint);
    const listen = async (id: string, ...uris: string[]) => {
      const over = new AbortController();
      const heard: string[] = [];
      const call = callOf("subscriptions/listen", {
        id,
        params: { _meta: META, notifications: { resourceSubscriptions: uris } },
        signal: over.signal,
        onMessage: async ({ method }) => void heard.push(method),
      });
      await transport.open(call, true);
      const ended = transport.request(call);
      ended.catch(() => {});
      return { heard, ended, cancel: () => over.abort(new Error("given up")) };
    };
    return { endpoint, listen };
  }
  const SUBSCRIBABLE = { protocolVersion: "2025-11-25", capabilities: { resources: { subscribe: true } } };
  const told = (endpoint: FakeEndpoint) =>
    endpoint.sent
      .filter(({ method }) => method.startsWith("resources/"))
      .map(({ method, params }) => `${method.slice(10)} ${params.uri}`);

  test("one that ends while another begins leaves the other's", async () => {
    let hold: Promise<void> | undefined;
    const { endpoint, listen } = start(async (sent) => {
      await hold;
      return result(sent);
    });
    const one = await listen("1", "a:b");
    await until(() => one.heard.length === 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    hold = promise;
    const other = await listen("2", "a:b");
    await until(() => told(endpoint).length === 2);
    one.cancel();
    resolve();
    await one.ended;
    await until(() => other.heard.length === 1);
    expect(told(endpoint)).toEqual(["subscribe a:b", "subscribe a:b"]);
    other.cancel();
    await other.ended;
    expect(told(endpoint)).toEqual(["subscribe a:b", "subscribe a:b", "unsubscribe a:b"]);
  });

  test("one that begins while another ends is asked for after that", async () => {
    let hold: Promise<void> | undefined;
    const { endpoint, listen } = start(async (sent) => {
      if (sent.method === "resources/unsubscribe") await hold;
      return result(sent);
    });
    const one = await listen("1", "a:b");
    await until(() => one.heard.length === 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    hold = promise;
    one.cancel();
    await until(() => told(endpoint).length === 2);
    const other = await listen("2", "a:b");
    await hostSteps();
    expect(told(endpoint)).toEqual(["subscribe a:b", "unsubscribe a:b"]);
    resolve();
    await until(() => other.heard.length === 1);
    expect(told(endpoint)).toEqual(["subscribe a:b", "unsubscribe a:b", "subscribe a:b"]);
  });

  test("of a listen that fails in part nothing is left at the server", async () => {
    const { endpoint, listen } = start((sent) => {
      if (sent.params.uri === "a:lost") throw new TypeError("broken");
      return sent.params.uri === "a:no" ? refuse(sent, 200, -32602) : result(sent);
    });
    const { ended } = await listen("1", "a:b", "a:no", "a:lost");
    expect(await ended.catch(({ code }) => code)).toBeString();
    await until(() => told(endpoint).includes("unsubscribe a:b"));
    expect(told(endpoint)).not.toContain("unsubscribe a:no");
  });
});

test("a client that is slow to hear of changes holds up no other, and hears each of them once", async () => {
  const told = openStream();
  const server = legacy();
  const listChanged = { protocolVersion: "2025-11-25", capabilities: { tools: { listChanged: true } } };
  const endpoint = fakeEndpoint((sent) => {
    if (sent.http === "GET") return told;
    return sent.method === "initialize"
      ? json({ jsonrpc: "2.0", id: sent.id, result: listChanged }, 200, { "mcp-session-id": "s1" })
      : server(sent);
  });
  const transport = modernAt(endpoint);
  const slow = Promise.withResolvers<void>();
  const heard: string[] = [];
  const listen = (who: string, wait: Promise<void> | undefined) =>
    callOf("subscriptions/listen", {
      id: "7",
      params: { _meta: META, notifications: { toolsListChanged: true } },
      onMessage: async ({ method }) => {
        heard.push(`${who} ${method.slice("notifications/".length)}`);
        if (method.endsWith("list_changed")) await wait;
      },
    });
  const [one, other] = [listen("slow", slow.promise), listen("quick", undefined)];
  await transport.open(one, true);
  for (const call of [one, other]) void transport.request(call).catch(() => {});
  await until(() => heard.length === 2);
  const changed = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
  const count = (who: string) => heard.filter((what) => what === `${who} tools/list_changed`).length;
  for (const times of [1, 2, 3]) {
    told.say(changed);
    await until(() => count("quick") === times);
  }
  expect(count("slow")).toBe(1);
  slow.resolve();
  await until(() => count("slow") === 2);
  await hostSteps();
  expect(count("slow")).toBe(2);
  await transport.close("leave");
});

test("a server's own error code is none that modern clients know as another", async () => {
  const transport = modernAt(fakeEndpoint(legacy((sent) => refuse(sent, 200, -32021, "quota is used up"))));
  const call = callOf("tools/call", { params: { name: "x", _meta: META } });
  await transport.open(call, true);
  const answer = await transport.request(call);
  expect(answer).toMatchObject({
    kind: "response",
    message: { error: { code: -32603, message: "quota is used up" } },
  });
});
