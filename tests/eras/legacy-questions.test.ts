// What a legacy server asks while it answers, and its subscriptions, as a modern client gets them.
import { beforeEach, describe, expect, test } from "bun:test";
import { type Bridge, startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, event, refuse, reply, says, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { cancelled } from "../support/messages.ts";
import { sleep, until } from "../support/waiting.ts";
import { ask, begin, CLIENT_CAPABILITIES, LOG_LEVEL } from "./begin.ts";
import { type OldServer, startOldServer } from "./old-server.ts";

const home = homeForEachTest();
let server: OldServer;
beforeEach(async () => {
  server = home.owns(await startOldServer());
});

describe("questions of the server's", () => {
  const form = { message: "?", requestedSchema: { type: "object", properties: {} } };

  test("go with the call in whose answer they come", async () => {
    const calls = new Map<unknown, Asked>();
    server.methods["tools/call"] = (asked) => {
      stream(asked.response);
      calls.set(asked.params?.name, asked);
    };
    const it = await begin(home, server.url, "modern");
    for (const name of ["a", "b", "c"]) it.say(ask(name, "tools/call", { name }));
    await until(() => calls.size === 3);
    const a = calls.get("a");
    if (a) event(a.response, { id: 77, method: "roots/list" });
    const wanted = (await it.answer("a")).result ?? {};
    expect(wanted.inputRequests).toEqual({ "77": { method: "roots/list", params: {} } });
    const inputResponses = { "77": { roots: [] } };
    it.say(ask("a2", "tools/call", { name: "a", requestState: wanted.requestState, inputResponses }));
    await until(() => server.answers.length === 1);
    expect(server.answers[0]).toMatchObject({ id: 77, result: { roots: [] } });
    for (const { response, id, params } of calls.values()) {
      event(response, { id, result: says(String(params?.name)) });
      response.end();
    }
    expect((await it.answer("a2")).result).toMatchObject(says("a"));
    expect((await it.answer("b")).result).toMatchObject(says("b"));
  });

  test("left unanswered are asked again; the answer that came meanwhile waits for the retry", async () => {
    let call: Asked | undefined;
    server.methods["tools/call"] = (asked) => {
      call = asked;
      stream(asked.response);
      event(asked.response, { id: "q1", method: "roots/list" });
      event(asked.response, { id: "q2", method: "elicitation/create", params: form });
    };
    const it = await begin(home, server.url, "modern");
    it.say(ask("a", "tools/call", { name: "x" }));
    const first = (await it.answer("a")).result ?? {};
    expect(Object.keys(first.inputRequests as object).sort()).toEqual(["q1", "q2"]);
    const retry = (id: string, requestState: unknown, inputResponses: object) =>
      it.say(ask(id, "tools/call", { name: "x", requestState, inputResponses }));
    retry("b", first.requestState, { q1: { roots: [] } });
    const second = (await it.answer("b")).result ?? {};
    expect(Object.keys(second.inputRequests as object)).toEqual(["q2"]);
    if (call) event(call.response, { id: call.id, result: says("early") });
    call?.response.end();
    await sleep(200);
    retry("c", second.requestState, { q2: { action: "cancel" } });
    expect((await it.answer("c")).result).toMatchObject(says("early"));
    await until(() => server.answers.length === 2);
    expect(server.answers.map(({ id }) => String(id))).toEqual(["q1", "q2"]);
  });

  test("that the client does not offer, or that no call carries, are refused as a client would", async () => {
    let call: Asked | undefined;
    server.methods["tools/call"] = (asked) => {
      call = asked;
      stream(asked.response);
      event(asked.response, { id: 1, method: "sampling/createMessage", params: {} });
      event(asked.response, {
        id: 2,
        method: "elicitation/create",
        params: { mode: "url", url: "https://x" },
      });
      event(asked.response, { id: 3, method: "ping" });
      event(asked.response, { id: 4, method: "example.com/ask" });
    };
    const it = await begin(home, server.url, "modern");
    await until(() => server.listening !== undefined);
    if (server.listening) event(server.listening, { id: 5, method: "roots/list" });
    await until(() => server.answers.length === 1);
    it.say(ask("a", "tools/call", { name: "x" }));
    await until(() => server.answers.length === 5);
    const codes = Object.fromEntries(server.answers.map(({ id, error }) => [id, error?.code ?? "ok"]));
    expect(codes).toEqual({ 1: -32601, 2: -32601, 3: "ok", 4: -32601, 5: -32601 });
    if (call) event(call.response, { id: call.id, result: says("ok") });
    call?.response.end();
    expect((await it.answer("a")).result).toMatchObject(says("ok"));
  });

  test("that the server takes back are not asked any more", async () => {
    server.methods["tools/call"] = (asked) => {
      stream(asked.response);
      event(asked.response, { id: 9, method: "roots/list" });
      event(asked.response, { method: "notifications/cancelled", params: { requestId: 9 } });
      setTimeout(() => {
        event(asked.response, { id: asked.id, result: says("never mind") });
        asked.response.end();
      }, 100);
    };
    const it = await begin(home, server.url, "modern");
    it.say(ask("a", "tools/call", { name: "x" }));
    expect((await it.answer("a")).result).toMatchObject(says("never mind"));
    expect(it.heard.filter(({ method }) => method === "notifications/cancelled")).toEqual([]);
  });

  test("a cancelled call is cancelled at the server, under its id there", async () => {
    let call: Asked | undefined;
    server.methods["tools/call"] = (asked) => {
      call = asked;
      stream(asked.response);
    };
    const it = await begin(home, server.url, "modern");
    it.say(ask("a", "tools/call", { name: "x" }));
    await until(() => call !== undefined);
    it.say(cancelled("a", { reason: "r" }));
    await until(() => server.notified.some(({ method }) => method === "notifications/cancelled"));
    expect(server.notified.find(({ method }) => method === "notifications/cancelled")?.params).toEqual({
      requestId: call?.id,
      reason: "r",
    });
  });
});

test("what a client can be asked is declared in the handshake, also where a later request says it", async () => {
  const declared: unknown[] = [];
  const legacy = home.owns(
    await startLegacyServer((asked) => reply(asked, says("ok")), {
      before(asked) {
        if (asked.method === "initialize") declared.push(asked.params?.capabilities);
        return false;
      },
    }),
  );
  const it = startBridge(home, [legacy.url]);
  const offer = (id: string, method: string, capabilities: object) => {
    it.say(ask(id, method, { name: "x" }, { [CLIENT_CAPABILITIES]: capabilities }));
    return it.answer(id);
  };
  const [first, forms, all] = [{}, { elicitation: {} }, { elicitation: {}, roots: {} }];
  await offer("a", "server/discover", first);
  await offer("b", "tools/list", first);
  await offer("c", "tools/call", forms);
  // The server may keep what came of a call in its session.
  await offer("d", "tools/call", all);
  await offer("e", "tools/call", first);
  expect(declared).toEqual([first, forms]);
  expect(legacy.seen.filter(({ method }) => method === "tools/call").map(({ session }) => session)).toEqual([
    "s2",
    "s2",
    "s2",
  ]);
});

test("a server that shakes hands once goes on in the session that there is, whatever a later request offers", async () => {
  const legacy = home.owns(
    await startLegacyServer((asked) => reply(asked, says(String(asked.session))), {
      before(asked) {
        if (asked.method !== "initialize" || legacy.count("initialize") < 2) return false;
        refuse(asked, 400, { code: -32600, message: "Invalid Request: Server already initialized" });
        return true;
      },
    }),
  );
  const it = await begin(home, legacy.url, "modern", {});
  for (const id of ["a", "b"]) {
    it.say(ask(id, "tools/call", { name: "x" }));
    expect((await it.answer(id)).result).toMatchObject(says("s1"));
  }
  expect(legacy.count("initialize")).toBe(2);
});

test("what a request that was given up would have declared, the next one declares", async () => {
  const legacy = home.owns(
    await startLegacyServer((asked) => reply(asked, says(String(asked.session))), {
      before: ({ method }): boolean => method === "initialize" && legacy.count("initialize") === 2,
    }),
  );
  const it = await begin(home, legacy.url, "modern", {});
  const forms = { [CLIENT_CAPABILITIES]: { elicitation: {} } };
  it.say(ask("a", "tools/call", { name: "x" }, forms));
  await until(() => legacy.count("initialize") === 2);
  it.say(cancelled("a"), ask("list", "tools/list"));
  await it.answer("list");
  it.say(ask("b", "tools/call", { name: "x" }, forms));
  expect((await it.answer("b")).result).toMatchObject(says("s2"));
  expect(legacy.count("initialize")).toBe(3);
});

test("a log level that cannot be set fails no call, and is asked for again with the next", async () => {
  let times = 0;
  server.methods["logging/setLevel"] = (asked) =>
    ++times === 1 ? asked.response.destroy() : reply(asked, {});
  const it = await begin(home, server.url, "modern");
  for (const id of ["a", "b", "c"]) {
    it.say(ask(id, "tools/call", { name: "x" }, { [LOG_LEVEL]: "info" }));
    expect((await it.answer(id)).error).toBeUndefined();
  }
  expect(times).toBe(2);
});

describe("subscriptions", () => {
  const listen = (id: string, notifications: object) => ask(id, "subscriptions/listen", { notifications });
  const acknowledged = (it: Bridge, id: string) =>
    it.hear(({ method, params }) => {
      const meta = params?._meta as Record<string, unknown> | undefined;
      return (
        method === "notifications/subscriptions/acknowledged" &&
        meta?.["io.modelcontextprotocol/subscriptionId"] === id
      );
    });

  test("hold what the server offers and allows, and end what nobody else wants", async () => {
    server.methods["resources/subscribe"] = (asked) =>
      asked.params?.uri === "memo://no"
        ? refuse(asked, 200, { code: -32602, message: "no" })
        : reply(asked, {});
    const it = await begin(home, server.url, "modern");
    const wanted = {
      toolsListChanged: true,
      promptsListChanged: true,
      resourceSubscriptions: ["memo://1", "memo://no"],
    };
    it.say(listen("a", wanted), listen("b", { resourceSubscriptions: ["memo://1", "memo://2"] }));
    const honoured = { promptsListChanged: true, resourceSubscriptions: ["memo://1"] };
    expect((await acknowledged(it, "a")).params?.notifications).toEqual(honoured);
    await acknowledged(it, "b");
    await until(() => server.listening !== undefined);
    if (server.listening) {
      event(server.listening, { method: "notifications/tools/list_changed" });
      event(server.listening, { method: "notifications/resources/updated", params: { uri: "memo://1" } });
    }
    await until(
      () => it.heard.filter(({ method }) => method === "notifications/resources/updated").length === 2,
    );
    const told = it.heard.filter(({ method }) => method === "notifications/resources/updated");
    const tags = told.map(
      ({ params }) =>
        ((params?._meta ?? {}) as Record<string, unknown>)["io.modelcontextprotocol/subscriptionId"],
    );
    expect(tags.sort()).toEqual(["a", "b"]);
    expect(it.heard.some(({ method }) => method === "notifications/tools/list_changed")).toBe(false);
    it.say(cancelled("b"));
    await until(() => server.requests.includes("POST resources/unsubscribe"));
    const ended = server.seen.filter((one) => one.method === "resources/unsubscribe");
    expect(ended.map((one) => one.params?.uri)).toEqual(["memo://2"]);
  });

  test("hear of what changes below their resource", async () => {
    const it = await begin(home, server.url, "modern");
    it.say(listen("a", { resourceSubscriptions: ["memo://1", "memo://2"] }));
    await acknowledged(it, "a");
    await until(() => server.listening !== undefined);
    for (const uri of ["memo://10/part", "memo://1/part"])
      if (server.listening)
        event(server.listening, { method: "notifications/resources/updated", params: { uri } });
    const told = await it.hear(({ method }) => method === "notifications/resources/updated");
    expect(told.params?.uri).toBe("memo://1/part");
  });

  test("that are cancelled before they stand are told of no more, and ended", async () => {
    let held: Asked | undefined;
    server.methods["resources/subscribe"] = (asked) => {
      held = asked;
    };
    const it = await begin(home, server.url, "modern");
    it.say(listen("a", { resourceSubscriptions: ["memo://1"] }));
    await until(() => held !== undefined);
    it.say(cancelled("a"), ask("b", "tools/call", { name: "x" }));
    await it.answer("b");
    if (held) reply(held, {});
    await until(() => server.requests.includes("POST resources/unsubscribe"));
    expect(it.heard.filter(({ method }) => method !== undefined)).toEqual([]);
  });

  test("ask nothing of a server without subscriptions", async () => {
    server.capabilities = { tools: { listChanged: true }, resources: {} };
    const it = await begin(home, server.url, "modern");
    it.say(listen("a", { toolsListChanged: true, resourceSubscriptions: ["memo://1"] }));
    expect((await acknowledged(it, "a")).params?.notifications).toEqual({ toolsListChanged: true });
    expect(server.requests).not.toContain("POST resources/subscribe");
  });
});
