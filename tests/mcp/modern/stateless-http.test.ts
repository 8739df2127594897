import { describe, expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { notification } from "../../../lib/mcp/jsonrpc/message.ts";
import { createStatelessHttp } from "../../../lib/mcp/modern/stateless-http.ts";
import { Cancellation } from "../../../lib/mcp/protocol/transport.ts";
import {
  type Answering,
  bare,
  callOf,
  closedStream,
  fakeEndpoint,
  hostSteps,
  inShort,
  json,
  type OpenStream,
  openStream,
  refuse,
  result,
  type Sent,
} from "../../support/mcp/fake-endpoint.ts";
import { META } from "../../support/messages.ts";
import { sleep, until } from "../../support/waiting.ts";

const CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };

/** A modern server's transport, and what its host hears and is answered, in order. */
function start(answer: Answering) {
  const endpoint = fakeEndpoint(answer);
  const order: string[] = [];
  const transport = createStatelessHttp(endpoint, createIds());
  const ask = (id: string, method = "tools/call", params: object = { name: "echo" }, signal?: AbortSignal) =>
    transport
      .request(
        callOf(method, {
          id,
          params: { ...params, _meta: META },
          onMessage: async (message) => void order.push(message.method),
          ...(signal ? { signal } : {}),
        }),
      )
      .then(async (said) => {
        await hostSteps();
        order.push(`answer ${id}`);
        return inShort(said);
      });
  return { endpoint, transport, order, ask };
}

describe("a request stands for itself", () => {
  test("its headers mirror its body", async () => {
    const { endpoint, ask } = start((sent) => result(sent));
    await ask("1", "tools/call", { name: "Hello, 世界", arguments: {} });
    await ask("2", "resources/read", { uri: "a:b" });
    await ask("3", "tools/list", {});
    await ask("4", "example.com/世界", {});
    expect(
      endpoint.sent.map(({ headers }) =>
        ["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id"].map((name) => headers.get(name)),
      ),
    ).toEqual([
      ["2026-07-28", "tools/call", "=?base64?SGVsbG8sIOS4lueVjA==?=", null],
      ["2026-07-28", "resources/read", "a:b", null],
      ["2026-07-28", "tools/list", null, null],
      ["2026-07-28", "=?base64?ZXhhbXBsZS5jb20v5LiW55WM?=", null, null],
    ]);
  });

  test("its answer has its id as it was written, whatever the server made of it", async () => {
    const { transport } = start(({ id }) => json({ jsonrpc: "2.0", id: `${id}`, result: {} }));
    for (const id of ["1", "1.0", "9007199254740993", '"1"']) {
      const said = await transport.request(callOf("tools/call", { id, params: { _meta: META } }));
      expect(said.kind === "response" && said.message.text).toBe(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
    }
  });

  test("an error that names no request is its own", async () => {
    const { ask } = start(() =>
      json({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "Parse error" } }),
    );
    expect(await ask("1")).toBe("refused 200");
  });

  test("what a server asks on its stream is dropped: it may not", async () => {
    const { ask, order } = start((sent) =>
      closedStream({ jsonrpc: "2.0", id: 9, method: "roots/list" }, CHANGED, {
        jsonrpc: "2.0",
        id: sent.id,
        result: {},
      }),
    );
    await ask("1");
    expect(order).toEqual([CHANGED.method, "answer 1"]);
  });
});

describe("an answer", () => {
  test("is seen before what follows it in the same chunk, and ends its request while the stream stays open", async () => {
    let stream: OpenStream | undefined;
    const { ask, order } = start((sent) => {
      stream = openStream();
      stream.say(CHANGED, { jsonrpc: "2.0", id: sent.id, result: {} }, CHANGED);
      return stream;
    });
    await ask("1");
    expect(order).toEqual([CHANGED.method, "answer 1"]);
    await until(() => order.length === 3);
    expect(stream?.isOpen()).toBe(true);
  });

  test("ends hundreds of them whose streams all stay open", async () => {
    const streams: OpenStream[] = [];
    const { ask } = start((sent) => {
      const stream = openStream();
      streams.push(stream);
      stream.say({ jsonrpc: "2.0", id: sent.id, result: {} });
      return stream;
    });
    await Promise.all(Array.from({ length: 300 }, (_, n) => ask(`${n}`)));
    await sleep(20);
    expect(streams.filter(({ isOpen }) => isOpen()).length).toBeLessThanOrEqual(12);
  });

  test("that ends without being one is a cut; one that cannot be read is told", async () => {
    await expect(start(() => closedStream(CHANGED)).ask("1")).rejects.toMatchObject({ code: "stream_cut" });
    await expect(start(() => closedStream("<html>")).ask("1")).rejects.toMatchObject({
      code: "invalid_answer",
    });
    await expect(start(() => bare(200, "all is well")).ask("1")).rejects.toMatchObject({
      code: "content_type",
    });
  });
});

describe("a request that is given up", () => {
  test("closes its stream, which tells the server", async () => {
    const stream = openStream();
    const { ask, endpoint } = start(() => stream);
    const abort = new AbortController();
    const reason = new Cancellation();
    const asked = ask("1", "tools/call", {}, abort.signal);
    await until(() => endpoint.sent.length === 1);
    abort.abort(reason);
    await expect(asked).rejects.toBe(reason);
    expect(endpoint.sent[0]?.signal.aborted).toBe(true);
    expect(endpoint.requests()).toEqual(["POST tools/call"]);
  });

  test("before it was sent is not sent", async () => {
    const { ask, endpoint } = start((sent) => result(sent));
    await expect(ask("1", "tools/call", {}, AbortSignal.abort(new Cancellation()))).rejects.toThrow();
    expect(endpoint.sent).toEqual([]);
  });

  test("by the end of it all is a cut", async () => {
    const { ask, endpoint, transport } = start(() => openStream());
    const asked = ask("1");
    await until(() => endpoint.sent.length === 1);
    await transport.close("end");
    await expect(asked).rejects.toMatchObject({ code: "stream_cut" });
  });
});

describe("a call whose headers the server finds wrong", () => {
  const TOOL = {
    name: "echo",
    inputSchema: { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } },
  };
  const call = { name: "echo", arguments: { region: "eu" } };
  /** A server that wants the header, and lists its tools as `list` has it. */
  const wanting =
    (list: (sent: Sent) => object): Answering =>
    (sent) => {
      if (sent.method === "tools/list") return result(sent, list(sent));
      return sent.headers.get("mcp-param-region") === "eu"
        ? result(sent, { text: "fine" })
        : refuse(sent, 400, -32020);
    };

  test("is sent once more with those that the list names, and later calls have them at once", async () => {
    const { ask, endpoint } = start(wanting(() => ({ tools: [TOOL] })));
    expect(await ask("1", "tools/call", call)).toBe("fine");
    expect(await ask("2", "tools/call", call)).toBe("fine");
    expect(endpoint.requests()).toEqual([
      "POST tools/call",
      "POST tools/list",
      "POST tools/call",
      "POST tools/call",
    ]);
    await until(() => endpoint.memory?.toolHeaders !== undefined);
    expect(endpoint.memory?.toolHeaders).toEqual({
      echo: [{ path: ["region"], header: "Mcp-Param-Region" }],
    });
  });

  test("finds them on a later page", async () => {
    const { ask, endpoint } = start(
      wanting(({ params }) =>
        params.cursor === "b"
          ? { tools: [TOOL] }
          : { tools: [], nextCursor: params.cursor === "" ? "b" : "" },
      ),
    );
    expect(await ask("1", "tools/call", call)).toBe("fine");
    expect(endpoint.count("tools/list")).toBe(3);
  });

  for (const nextCursor of ["", "same"])
    test(`ends at a list that names its page ${JSON.stringify(nextCursor)} again and again`, async () => {
      const { ask, endpoint } = start(wanting(() => ({ tools: [], nextCursor })));
      expect(await ask("1", "tools/call", call)).toBe("refused 400");
      expect(endpoint.requests()).toEqual([
        "POST tools/call",
        "POST tools/list",
        "POST tools/list",
        "POST tools/call",
      ]);
    });

  test("for good has its list asked for once, not with each call; another tool has its own", async () => {
    const { ask, endpoint } = start(wanting(() => ({ tools: [] })));
    for (let n = 1; n <= 10; n++) expect(await ask(`${n}`, "tools/call", call)).toBe("refused 400");
    expect(endpoint.count("tools/list")).toBe(1);
    expect(endpoint.count("tools/call")).toBe(11);
    await ask("11", "tools/call", { name: "other" });
    expect(endpoint.count("tools/list")).toBe(2);
  });

  test("is told of that where the list is refused, or fails", async () => {
    for (const refusal of [bare(500, "boom"), bare(200, "<html>")]) {
      const { ask } = start((sent) =>
        sent.method === "tools/list" ? refusal.clone() : refuse(sent, 400, -32020),
      );
      expect(await ask("1", "tools/call", call)).toBe("refused 400");
    }
  });
});

test("a reading that broke off is sent once more, a call is not", async () => {
  let broken = false;
  const { ask, endpoint } = start((sent) => {
    broken = !broken;
    return broken ? closedStream() : result(sent, { text: "fine" });
  });
  expect(await ask("1", "resources/read", { uri: "a:b" })).toBe("fine");
  await expect(ask("2")).rejects.toMatchObject({ code: "stream_cut" });
  expect(endpoint.requests()).toEqual(["POST resources/read", "POST resources/read", "POST tools/call"]);
});

test("a notification never fails: there is nobody to tell", async () => {
  for (const answer of [() => bare(500), () => Promise.reject(new Error("network"))] as Answering[]) {
    const { transport, endpoint } = start(answer);
    await transport.notify(notification("notifications/x", { _meta: META }));
    expect(endpoint.requests()).toEqual(["POST notifications/x"]);
    expect(endpoint.logged.some((line) => line.includes("notifications/x"))).toBe(true);
  }
});
