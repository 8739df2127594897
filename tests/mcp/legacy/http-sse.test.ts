import { describe, expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { notification, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { createHttpSse } from "../../../lib/mcp/legacy/http-sse/http-sse.ts";
import type { Endpoint } from "../../../lib/mcp/protocol/endpoint.ts";
import { Cancellation } from "../../../lib/mcp/protocol/transport.ts";
import {
  bare,
  callOf,
  fakeEndpoint,
  hostSteps,
  inShort,
  json,
  type OpenStream,
  openStream,
  refuse,
  type Sent,
} from "../../support/mcp/fake-endpoint.ts";
import { sleep, until } from "../../support/waiting.ts";

const INITIALIZED = notification("notifications/initialized");
const CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
const HANDSHAKE = { protocolVersion: "2024-11-05", capabilities: { tools: { listChanged: true } } };

interface World {
  /** Answers a POST to a session that stands; what it leaves is answered on the stream. */
  post?(sent: Sent, stream: OpenStream): Response | undefined;
  endpoint?: Partial<Endpoint>;
}

/** A server of the old transport, whose streams are its sessions. */
async function start({ post = () => undefined, endpoint: more = {} }: World = {}) {
  const streams = new Map<string, OpenStream>();
  let opened = 0;
  const endpoint = fakeEndpoint((sent) => {
    if (sent.http === "GET") {
      const stream = openStream();
      streams.set(`s${++opened}`, stream);
      stream.write(`event: endpoint\ndata: /message?sessionId=s${opened}\n\n`);
      return stream;
    }
    const stream = streams.get(new URL(sent.url).searchParams.get("sessionId") ?? "");
    if (!stream?.isOpen()) return bare(404, "Could not find session");
    const own = post(sent, stream);
    if (own) return own;
    if (sent.method === "initialize") stream.say({ jsonrpc: "2.0", id: sent.id, result: HANDSHAKE });
    else if (sent.id !== undefined && sent.method !== "")
      stream.say(`{"jsonrpc":"2.0","id":${idIn(sent)},"result":{"text":"fine"}}`);
    return bare(202);
  }, more);
  const order: string[] = [];
  const onMessage = async ({ method }: { method: string }) => void order.push(method);
  const transport = createHttpSse({ endpoint, ids: createIds(), onMessage });
  await transport.request(callOf("initialize", { id: '"i"' }));
  await transport.notify(INITIALIZED);
  const ask = (id: string, method = "tools/call", signal?: AbortSignal) =>
    transport.request(callOf(method, { id, ...(signal ? { signal } : {}) })).then(async (said) => {
      await hostSteps();
      order.push(`answer ${id}`);
      return inShort(said);
    });
  const latest = () => streams.get(`s${opened}`) as OpenStream;
  return { endpoint, transport, order, ask, latest, streams, handshakes: () => endpoint.count("initialize") };
}
const idIn = ({ text }: Sent) => /"id":("[^"]*"|[^,}]+)/.exec(text)?.[1];

describe("messages go to the address that the stream names", () => {
  test("and an answer that comes there counts, whatever id others have", async () => {
    const { ask } = await start({
      post({ method, id }) {
        if (method !== "here" && method !== "unanswered") return undefined;
        return json(
          method === "here"
            ? { jsonrpc: "2.0", id, result: { text: "here" } }
            : { jsonrpc: "2.0", id: null, result: { text: "nobody's" } },
        );
      },
      endpoint: { timeoutMs: 300 },
    });
    expect(await ask("1", "here")).toBe("here");
    expect(await ask("2", "accepted")).toBe("fine");
    expect(await ask("3", "unanswered").catch(({ code }) => code)).toBe("timeout");
  });

  test("and answers come on the stream, whatever the order", async () => {
    const { ask, endpoint } = await start();
    expect(await Promise.all([ask("1"), ask('"1"'), ask("1.0"), ask("9007199254740993")])).toEqual([
      "fine",
      "fine",
      "fine",
      "fine",
    ]);
    expect(
      endpoint.sent
        .filter(({ http }) => http === "POST")
        .every(({ url }) => url === "https://server.example/message?sessionId=s1"),
    ).toBe(true);
  });

  for (const named of [
    "https://other.example/message",
    "http://server.example/message",
    "//other.example/x",
    "http://[",
  ])
    test(`but not to ${named}`, async () => {
      const endpoint = fakeEndpoint(() => {
        const stream = openStream();
        stream.write(`event: endpoint\ndata: ${named}\n\n`);
        return stream;
      });
      const transport = createHttpSse({ endpoint, ids: createIds(), onMessage: async () => {} });
      await expect(transport.request(callOf("initialize"))).rejects.toMatchObject({
        code: "endpoint_elsewhere",
      });
      expect(endpoint.requests()).toEqual(["GET"]);
    });
});

describe("an answer", () => {
  test("is seen before what follows it in the same chunk", async () => {
    const { ask, order, latest } = await start({
      post: ({ method }) => (method === "tools/call" ? bare(202) : undefined),
    });
    const answers = [ask("1"), ask("2")];
    await sleep(5);
    const answer = (id: unknown) => ({ jsonrpc: "2.0", id, result: {} });
    latest().say(answer(1), CHANGED, [answer("2"), CHANGED]);
    await Promise.all(answers);
    await until(() => order.length === 4);
    expect(order).toEqual(["answer 1", CHANGED.method, "answer 2", CHANGED.method]);
  });

  test("that cannot be read is told as that, where its id can be", async () => {
    for (const broken of ['{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0","id":1,"result":{"n":NaN}}']) {
      const { ask } = await start({
        post({ method }, stream) {
          if (method !== "tools/call") return undefined;
          stream.say("<html>", broken);
          return bare(202);
        },
      });
      await expect(ask("1")).rejects.toMatchObject({ code: "invalid_answer" });
      expect(await ask("2", "tools/list")).toBe("fine");
    }
  });

  test("that names no id is that of the only request there is; an error may be to a notification", async () => {
    const { ask } = await start({
      post({ method }, stream) {
        if (method !== "tools/call") return undefined;
        stream.say({ jsonrpc: "2.0", id: null, error: { code: -32601, message: "no such notification" } });
        stream.say({ jsonrpc: "2.0", result: { text: "mine" } });
        return bare(202);
      },
    });
    expect(await ask("0")).toBe("mine");
  });

  test("is no event of another name", async () => {
    const { ask } = await start({
      post({ method, id }, stream) {
        if (method !== "tools/call") return undefined;
        for (const name of ["ping", "endpoint", "error"])
          stream.write(
            `event: ${name}\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, result: { text: "wrong" } })}\n\n`,
          );
        stream.say({ jsonrpc: "2.0", id, result: { text: "right" } });
        return bare(202);
      },
    });
    expect(await ask("1")).toBe("right");
  });
});

describe("a stream that was cut", () => {
  test.concurrent("fails what the server had taken, and the next requests open the session again", async () => {
    const { ask, latest, handshakes, order, streams } = await start({
      post: ({ id }) => (id === 1 ? bare(202) : undefined),
    });
    const lost = ask("1").catch((error: { code: string }) => error.code);
    await sleep(5);
    latest().end();
    expect(await lost).toBe("stream_cut");
    expect(await ask("2")).toBe("fine");
    expect(handshakes()).toBe(2);
    expect(order).toEqual([CHANGED.method, "answer 2"]);
    expect([...streams.values()].map(({ isOpen }) => isOpen())).toEqual([false, true]);
  });

  test.concurrent("again and again is opened ever more slowly, and is no news until one stands", async () => {
    const { streams, order } = await start({
      post({ method }, stream) {
        // The handshake is done, and the stream ends.
        if (method === INITIALIZED.method) setTimeout(() => stream.end(), 5);
        return undefined;
      },
    });
    await sleep(6500);
    // At 1, 2 and 4 s, each a quarter more or less.
    expect(streams.size).toBeLessThanOrEqual(5);
    expect(order.length).toBeLessThanOrEqual(1);
  }, 15_000);

  test.concurrent("is not opened for a request that nobody waits for any more", async () => {
    const { ask, latest, endpoint } = await start();
    latest().end();
    await sleep(5);
    const abort = new AbortController();
    const reason = new Cancellation();
    const asked = ask("1", "tools/call", abort.signal);
    abort.abort(reason);
    await expect(asked).rejects.toBe(reason);
    expect(endpoint.count("tools/call")).toBe(0);
  });
});

describe("a session that the server forgot, though its stream is open,", () => {
  test.concurrent.each([
    ["404 with nothing", () => bare(404)],
    ["400, No transport found for sessionId", () => bare(400, "No transport found for sessionId")],
    ["503, SSE transport not established", () => bare(503, "SSE transport not established")],
    ["400, an error", (sent: Sent) => refuse(sent, 400, -32000, "Session not found")],
  ] as const)("is opened again after %s", async (_what, refusal) => {
    let forgot = false;
    const { ask, handshakes, streams } = await start({
      post(sent) {
        if (sent.method === "initialize") forgot = false;
        return forgot ? refusal(sent) : undefined;
      },
    });
    forgot = true;
    expect(await Promise.all([ask("1"), ask("2")])).toEqual(["fine", "fine"]);
    expect(handshakes()).toBe(2);
    expect([...streams.values()].filter(({ isOpen }) => isOpen())).toHaveLength(1);
  });

  test.concurrent("is not one whose fresh sessions refuse the method too", async () => {
    const CHATTY = "resources/templates/list";
    const { ask, handshakes } = await start({
      post: ({ method }) => (method === CHATTY ? bare(404) : undefined),
    });
    for (let n = 1; n < 20; n++) expect(await ask(`${n}`, CHATTY)).toBe("refused 404");
    expect(handshakes()).toBe(2);
    expect(await ask("20")).toBe("fine");
  });

  test("is not one that refuses a method by its name", async () => {
    const { ask, handshakes, order } = await start({
      post: (sent) =>
        sent.method === "x"
          ? json({ jsonrpc: "2.0", id: sent.id, error: { code: -32601, message: "Method not found" } }, 404)
          : undefined,
    });
    expect(await ask("1", "x")).toBe("refused 404");
    expect(handshakes()).toBe(1);
    expect(order).toEqual(["answer 1"]);
  });

  test("is not one that refuses a call in its own name", async () => {
    const { ask, handshakes, endpoint } = await start({
      post: (sent) =>
        sent.method === "tools/call"
          ? json({ jsonrpc: "2.0", id: sent.id, error: { code: -32001, message: "no such order" } }, 404)
          : undefined,
    });
    expect(await ask("1", "tools/call")).toBe("refused 404");
    expect(handshakes()).toBe(1);
    expect(endpoint.count("tools/call")).toBe(1);
  });
});

test.concurrent("what the client set is set again, and what the server asks meanwhile is answered, beside the requests", async () => {
  let asking = false;
  const { transport, ask, latest, endpoint } = await start({
    post({ method }, stream) {
      if (!asking || method !== "resources/subscribe") return undefined;
      stream.say({ jsonrpc: "2.0", id: "q", method: "sampling/createMessage" });
      return bare(202);
    },
  });
  await ask("1", "resources/subscribe");
  asking = true;
  latest().end();
  const startedMs = performance.now();
  expect(await ask("2")).toBe("fine");
  expect(performance.now() - startedMs).toBeLessThan(3000);
  await until(() => endpoint.count("resources/subscribe") === 2);
  await transport.respond(resultResponse('"q"', {}));
  expect(endpoint.sent.at(-1)?.id).toBe("q");
});

test("a request that is given up is told to the server under its own id, as it was written", async () => {
  const { ask, endpoint } = await start({
    post: ({ method }) => (method === "tools/call" ? bare(202) : undefined),
  });
  const abort = new AbortController();
  void ask("1.0", "tools/call", abort.signal).catch(() => {});
  await sleep(5);
  abort.abort(new Cancellation({ reason: "no need" }));
  await until(() => endpoint.sent.some(({ text }) => text.includes('"requestId":1.0')));
});

test("the server is told of a request that it was silent on for too long", async () => {
  const { ask, endpoint } = await start({
    post: ({ method }) => (method === "tools/call" ? bare(202) : undefined),
    endpoint: { timeoutMs: 100 },
  });
  await expect(ask("7")).rejects.toMatchObject({ code: "timeout" });
  await until(() => endpoint.count("notifications/cancelled") === 1);
  expect(endpoint.sent.at(-1)?.params).toEqual({ requestId: 7, reason: "timeout" });
});

test("what the server is being told goes out though the session is closed at once", async () => {
  const { ask, endpoint, transport } = await start({
    post: ({ method }) => (method === "tools/call" ? bare(202) : undefined),
    endpoint: { authorization: { headers: () => sleep(20).then(() => ({})), learn() {} } },
  });
  const abort = new AbortController();
  const asked = ask("1", "tools/call", abort.signal);
  await until(() => endpoint.count("tools/call") === 1);
  abort.abort(new Cancellation());
  await expect(asked).rejects.toBeInstanceOf(Cancellation);
  await transport.close("leave");
  expect(endpoint.count("notifications/cancelled")).toBe(1);
});

test.concurrent("what a lost session asked is asked no more, and no answer to it reaches the new one", async () => {
  const { ask, transport, latest, endpoint, order } = await start();
  latest().say({ jsonrpc: "2.0", id: 3, method: "elicitation/create" });
  await until(() => order.length === 1);
  latest().end();
  await until(() => order.length === 2);
  expect(order).toEqual(["elicitation/create", "notifications/cancelled"]);
  await transport.respond(resultResponse("3", {}));
  expect(await ask("1")).toBe("fine");
  expect(endpoint.sent.filter(({ method, id }) => method === "" && id === 3)).toEqual([]);
});

test("a notification that the server refuses is told of", async () => {
  const { transport, endpoint } = await start({
    post: ({ method }) => (method === "notifications/x" ? bare(400) : undefined),
  });
  await transport.notify(notification("notifications/x"));
  expect(endpoint.logged.at(-1)).toBe("notifications/x was refused with HTTP status 400");
});
