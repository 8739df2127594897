import { describe, expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { notification, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { createLegacySession, type LegacySessionOptions } from "../../../lib/mcp/legacy/session.ts";
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
import { sleep, until } from "../../support/waiting.ts";

const INITIALIZED = notification("notifications/initialized");
const CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
const HANDSHAKE = { protocolVersion: "2025-11-25", capabilities: { tools: { listChanged: true } } };

/** A server that gives out sessions s1, s2, …; `answer` answers where that is left to it. */
function serving(answer: Answering, sessionId: (n: number) => string = (n) => `s${n}`): Answering {
  let opened = 0;
  return (sent) => {
    if (sent.method === "initialize")
      return json({ jsonrpc: "2.0", id: sent.id, result: HANDSHAKE }, 200, {
        "mcp-session-id": sessionId(++opened),
      });
    if (sent.http === "GET") return answer(sent);
    if (sent.http === "DELETE" || sent.id === undefined || sent.method === "") return bare(202);
    return answer(sent);
  };
}
const noStream =
  (answer: Answering): Answering =>
  (sent) =>
    sent.http === "GET" ? bare(405) : answer(sent);

/** A session that stands, and what its host hears and is answered, in order. */
async function open(answer: Answering, more: Partial<LegacySessionOptions> = {}, timeoutMs = 5000) {
  const endpoint = fakeEndpoint(answer, { timeoutMs });
  const order: string[] = [];
  const onMessage = async ({ method }: { method: string }) => void order.push(method);
  const session = createLegacySession({ endpoint, ids: createIds(), onMessage, ...more });
  await session.request(callOf("initialize", { params: { protocolVersion: "2025-11-25" }, id: '"i"' }));
  await session.notify(INITIALIZED);
  const call = (id: string, method = "tools/call", signal?: AbortSignal) =>
    session.request(callOf(method, { id, onMessage, ...(signal ? { signal } : {}) })).then(async (said) => {
      await hostSteps();
      order.push(`answer ${id}`);
      return inShort(said);
    });
  return { endpoint, session, order, call };
}

describe("a session", () => {
  test("is named in each message after the handshake, with its version", async () => {
    const { endpoint, call, session } = await open(serving(noStream((sent) => result(sent))));
    await call("1");
    expect(endpoint.requests().filter((one) => one !== "GET")).toEqual([
      "POST initialize",
      "POST notifications/initialized",
      "POST tools/call",
    ]);
    expect(endpoint.sent.map(({ session }) => session)).toEqual([null, "s1", "s1", "s1"]);
    expect(endpoint.sent.map(({ headers }) => headers.get("mcp-protocol-version"))[3]).toBe("2025-11-25");
    expect(session.current()).toEqual({ id: "s1", protocolVersion: "2025-11-25" });
  });

  test("whose id is empty has none", async () => {
    const { endpoint, call, session } = await open(
      serving(
        noStream((sent) => result(sent)),
        () => "",
      ),
    );
    await call("1");
    await session.close("end");
    expect(endpoint.sent.every(({ headers }) => !headers.has("mcp-session-id"))).toBe(true);
    expect(endpoint.sent.some(({ http }) => http === "DELETE")).toBe(false);
  });

  test("without an id is not lost where its standalone stream is gone for a while", async () => {
    let opened = 0;
    const { endpoint } = await open(
      serving(
        (sent) => {
          if (sent.http !== "GET") return result(sent);
          return ++opened === 2 ? bare(404) : opened === 1 ? closedStream(CHANGED) : openStream();
        },
        () => "",
      ),
    );
    await until(() => opened === 3, 5000);
    expect(endpoint.count("initialize")).toBe(1);
  });

  test("goes on with its own handshake where two others come at once and the last is refused", async () => {
    let shaken = 0;
    const second = Promise.withResolvers<Response>();
    const plain = serving((sent) => {
      if (sent.http === "GET") return bare(405);
      return sent.method === "lost" && sent.session === "s1" ? bare(404) : result(sent, { text: "fine" });
    });
    const { session, endpoint, call } = await open((sent) => {
      if (sent.method !== "initialize") return plain(sent);
      shaken++;
      if (shaken === 2) return second.promise;
      return shaken === 3 ? refuse(sent, 400, -32600) : plain(sent);
    });
    const asked = (protocolVersion: string) =>
      session.request(callOf("initialize", { params: { protocolVersion }, id: `"${protocolVersion}"` }));
    const others = [asked("second"), asked("third")];
    await others[1];
    second.resolve(bare(503));
    await others[0];
    expect(await call("1", "lost")).toBe("fine");
    const versions = endpoint.sent.flatMap(({ method, params }) =>
      method === "initialize" ? [params.protocolVersion] : [],
    );
    expect(versions).toEqual(["2025-11-25", "second", "third", "2025-11-25"]);
  });

  test.each([
    ["session_lost", "s1", () => bare(404)],
    ["session_lost", "s1", () => bare(400, "Bad Request: No valid session ID provided")],
    ["stream_cut", "s1", (sent: Sent) => refuse(sent, 404, -32601, "Method not found")],
    ["stream_cut", "s1", () => bare(400, "no such event")],
    ["stream_cut", "", () => bare(404)],
  ])(
    "is told as %s of a call whose stream is not to be had any more, session %p",
    async (code, id, refusal) => {
      const { call } = await open(
        serving(
          (sent) => {
            if (sent.http === "GET") return sent.headers.has("last-event-id") ? refusal(sent) : bare(405);
            const stream = openStream();
            stream.write("id: a\nretry: 1\ndata:\n\n");
            stream.end();
            return stream;
          },
          () => id,
        ),
      );
      expect(await call("1").catch((error) => error.code)).toBe(code);
    },
  );

  test("is ended at the server, or left for the next command", async () => {
    for (const how of ["end", "leave"] as const) {
      const { endpoint, session } = await open(serving(noStream((sent) => result(sent))));
      await session.close(how);
      expect(endpoint.sent.filter(({ http }) => http === "DELETE").map(({ session }) => session)).toEqual(
        how === "end" ? ["s1"] : [],
      );
      await expect(session.request(callOf("ping"))).rejects.toThrow();
    }
  });

  test("keeps requests until the server has heard that the handshake is done", async () => {
    const told = Promise.withResolvers<void>();
    const server = serving(noStream((sent) => result(sent)));
    const endpoint = fakeEndpoint(async (sent) => {
      if (sent.method === INITIALIZED.method) await told.promise;
      return server(sent);
    });
    const session = createLegacySession({ endpoint, ids: createIds(), onMessage: async () => {} });
    await session.request(callOf("initialize"));
    void session.notify(INITIALIZED);
    const asked = session.request(callOf("tools/list"));
    await sleep(20);
    expect(endpoint.count("tools/list")).toBe(0);
    told.resolve();
    expect((await asked).kind).toBe("response");
  });
});

describe("an answer is seen before what follows it in the same chunk:", () => {
  test("on its own stream, which stays open", async () => {
    let stream: OpenStream | undefined;
    const { call, order } = await open(
      serving(
        noStream((sent) => {
          stream = openStream();
          stream.say(CHANGED, { jsonrpc: "2.0", id: sent.id, result: {} }, CHANGED);
          return stream;
        }),
      ),
    );
    await call("1");
    expect(order).toEqual(["notifications/tools/list_changed", "answer 1"]);
    await until(() => order.length === 3);
    expect(stream?.isOpen()).toBe(true);
  });

  test("on the standalone stream", async () => {
    const standalone = openStream();
    const posted: OpenStream[] = [];
    const { call, order, endpoint } = await open(
      serving((sent) => {
        if (sent.http === "GET") return standalone;
        const stream = openStream();
        posted.push(stream);
        return stream;
      }),
    );
    const answers = [call("1"), call('"2"')];
    await until(() => posted.length === 2 && endpoint.sent.some(({ http }) => http === "GET"));
    const answer = (id: unknown) => ({ jsonrpc: "2.0", id, result: {} });
    // The second under an id of another type.
    standalone.say(answer(1), CHANGED, answer(2), CHANGED);
    await Promise.all(answers);
    await until(() => order.length === 4);
    expect(order).toEqual([
      "answer 1",
      "notifications/tools/list_changed",
      'answer "2"',
      "notifications/tools/list_changed",
    ]);
  });
});

test("calls whose streams stay open are answered all the same, however many", async () => {
  const streams: OpenStream[] = [];
  const { call } = await open(
    serving(
      noStream(({ id }) => {
        const stream = openStream();
        streams.push(stream);
        stream.say({ jsonrpc: "2.0", id, result: {} });
        return stream;
      }),
    ),
  );
  await Promise.all(Array.from({ length: 300 }, (_, n) => call(`${n}`)));
  await sleep(20);
  expect(streams.filter(({ isOpen }) => isOpen()).length).toBeLessThanOrEqual(12);
});

describe("a request that is given up", () => {
  const never: Answering = () => new Promise(() => {});
  test("is told to the server under its own id, as it was written", async () => {
    const { session, endpoint } = await open(serving(noStream(never)));
    for (const id of ["1.0", "9007199254740993", '"x"']) {
      const abort = new AbortController();
      const asked = session.request(callOf("tools/call", { id, signal: abort.signal })).catch(() => {});
      await until(() => endpoint.sent.some(({ text }) => text.includes(`"id":${id},`)));
      abort.abort(new Cancellation({ reason: "no need" }));
      await until(() => endpoint.sent.some(({ text }) => text.includes(`"requestId":${id}`)));
      expect(endpoint.sent.at(-1)?.params.reason).toBe("no need");
      void asked;
    }
  });
  test("may still be answered for a while, but for hundreds that are given up together", async () => {
    const { session, endpoint } = await open(serving(noStream(never)));
    const given = Array.from({ length: 200 }, (_, n) => {
      const abort = new AbortController();
      return { abort, asked: session.request(callOf("tools/call", { id: `${n}`, signal: abort.signal })) };
    });
    await until(() => endpoint.count("tools/call") === 200);
    const reason = new Cancellation();
    for (const { abort } of given) abort.abort(reason);
    const first = await Promise.race([
      Promise.allSettled(given.slice(0, 188).map(({ asked }) => asked)),
      sleep(1500),
    ]);
    expect(first).toHaveLength(188);
    expect(new Set(first?.map((one) => one.status === "rejected" && one.reason))).toEqual(new Set([reason]));
    await until(() => endpoint.count("notifications/cancelled") === 200);
    for (const { asked } of given.slice(188)) void asked.catch(() => {});
  });

  test("while it waited for the session is not sent", async () => {
    const opening = Promise.withResolvers<void>();
    const server = serving(noStream((sent) => result(sent)));
    const endpoint = fakeEndpoint(async (sent) => {
      await opening.promise;
      return server(sent);
    });
    const session = createLegacySession({ endpoint, ids: createIds(), onMessage: async () => {} });
    void session.request(callOf("initialize"));
    const abort = new AbortController();
    const reason = new Cancellation();
    const asked = session.request(callOf("tools/call", { signal: abort.signal }));
    abort.abort(reason);
    opening.resolve();
    await expect(asked).rejects.toBe(reason);
    expect(endpoint.count("tools/call")).toBe(0);
  });
});

test("the client's answers go to who asked, once", async () => {
  const stream = openStream();
  const { session, endpoint } = await open(serving((sent) => (sent.http === "GET" ? stream : result(sent))));
  stream.say({ jsonrpc: "2.0", id: 7, method: "roots/list" });
  await until(() => endpoint.sent.some(({ http }) => http === "GET"));
  await sleep(10);
  const answers = (sent: Sent) => sent.http === "POST" && sent.method === "";
  for (const id of ["7", "7", "8"]) await session.respond(resultResponse(id, { roots: [] }));
  expect(endpoint.sent.filter(answers).map(({ id, session }) => [id, session])).toEqual([[7, "s1"]]);
});

test("what a server says wrongly in one answer is that call's alone", async () => {
  const { call } = await open(
    serving(
      noStream((sent) => {
        if (sent.id === 1) return closedStream("<html>");
        if (sent.id === 2) return refuse(sent, 400, -32602, "bad arguments");
        return result(sent, { text: "fine" });
      }),
    ),
  );
  await expect(call("1")).rejects.toMatchObject({ code: "invalid_answer" });
  expect(await call("2")).toBe("refused 400");
  expect(await call("3")).toBe("fine");
});

test("a notification that the server never answers does not hold up the next one for all of its time", async () => {
  const usual = serving(noStream(() => bare(202)));
  const silent: Answering = (sent) =>
    sent.method === "notifications/a" ? new Promise<never>(() => {}) : usual(sent);
  const { endpoint, session } = await open(silent, {}, 60_000);
  for (const method of ["notifications/a", "notifications/b"]) void session.notify(notification(method));
  await until(() => endpoint.count("notifications/b") === 1, 15_000);
  expect(endpoint.count("notifications/a")).toBe(1);
  await session.close("end");
});

test("a stream that is gone on with for somebody else is asked for from there again, where it ends without an event", async () => {
  const answer = { jsonrpc: "2.0", id: "1", result: {} };
  const asked: (string | null)[] = [];
  const { session } = await open(
    serving(({ headers }) => {
      const from = headers.get("last-event-id");
      if (from === null) return bare(405);
      return asked.push(from) === 1 ? closedStream("retry: 1\n\n") : closedStream(answer);
    }),
  );
  const over = new AbortController();
  const came: string[] = [];
  const refusal = await session.stream({
    lastEventId: "e7",
    signal: over.signal,
    onGranted() {},
    async onMessage({ text }) {
      came.push(String(text));
      over.abort();
    },
    async onEventId() {},
  });
  expect(refusal).toBeUndefined();
  expect(came.map((text) => JSON.parse(text))).toEqual([answer]);
  expect(asked).toEqual(["e7", "e7"]);
});
