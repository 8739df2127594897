// Subscriptions at a modern server: one for all that a legacy client wants, and those that modern clients ask for.
import { describe, expect, test } from "bun:test";
import { event, refuse, says, stream } from "../support/mcp/scripted.ts";
import { acknowledge, complete, tagged } from "../support/mcp/scripted-modern.ts";
import { cancelled, type Line, META, request, textOf } from "../support/messages.ts";
import { sleep, until } from "../support/waiting.ts";
import { begin, modernServerForEachTest } from "./begin.ts";

const { home, server } = modernServerForEachTest();
const call = (id: string, params: object, extra: object = {}) =>
  request(id, "tools/call", { ...params, ...extra });

describe("the subscription of a legacy client", () => {
  test("is one stream, with all that is wanted, and never a gap", async () => {
    const it = await begin(home, server.url, "legacy");
    await until(() => server.listens.length === 1);
    let gaps = 0;
    const plain = server.methods["subscriptions/listen"];
    server.methods["subscriptions/listen"] = (asked) => {
      if (server.listens.length === 0) gaps++;
      plain?.(asked);
    };
    // Enough that they come while the stream for the first is being opened.
    const uris = Array.from({ length: 20 }, (_, at) => `memo://${at}`);
    for (const uri of uris) it.say(request(uri, "resources/subscribe", { uri }));
    for (const uri of uris) expect((await it.answer(uri)).result).toEqual({});
    await until(() => server.listens.length === 1);
    expect(server.listens[0]?.params?.notifications).toEqual({
      toolsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: uris,
    });
    expect(gaps).toBe(0);
    // Asked side by side, they need few streams.
    expect(server.requests.filter((one) => one.includes("listen")).length).toBeLessThan(10);
    const [last] = server.listens;
    if (last) event(last.response, tagged(last, "notifications/resources/updated", { uri: "memo://7" }));
    const update = await it.hear(({ method }) => method === "notifications/resources/updated");
    expect(update.params).toEqual({ uri: "memo://7" });
    it.say(request("un", "resources/unsubscribe", { uri: "memo://7" }));
    await it.answer("un");
    await until(() => server.listens.length === 1);
    expect(server.listens[0]?.params?.notifications).toMatchObject({
      resourceSubscriptions: uris.filter((uri) => uri !== "memo://7"),
    });
  });

  test("to a resource that the server leaves out is refused", async () => {
    server.methods["subscriptions/listen"] = (asked) => {
      stream(asked.response);
      acknowledge(asked, { toolsListChanged: true });
    };
    const it = await begin(home, server.url, "legacy");
    it.say(request("s", "resources/subscribe", { uri: "memo://1" }));
    expect((await it.answer("s")).error).toMatchObject({ code: -32602, data: { uri: "memo://1" } });
  });

  test("is refused where the server offers none", async () => {
    server.capabilities = { resources: {}, tools: {} };
    const it = await begin(home, server.url, "legacy");
    it.say(request("s", "resources/subscribe", { uri: "memo://1" }));
    expect((await it.answer("s")).error?.code).toBe(-32601);
    it.say(request("l", "logging/setLevel", { level: "info" }));
    expect((await it.answer("l")).error?.code).toBe(-32601);
    expect(server.requests).not.toContain("POST subscriptions/listen");
  });

  for (const how of ["cut", "ended by the server"] as const)
    test(`comes back when it is ${how}, and tells what may have changed meanwhile`, async () => {
      const it = await begin(home, server.url, "legacy");
      it.say(request("s", "resources/subscribe", { uri: "memo://1" }));
      await it.answer("s");
      await until(() => server.listens.length === 1);
      const [old] = server.listens;
      if (!old) throw new Error("no stream");
      const from = it.heard.length;
      if (how === "cut") old.response.destroy();
      else {
        event(old.response, { method: "notifications/cancelled", params: { requestId: old.id } });
        event(old.response, { id: old.id, result: { resultType: "complete" } });
        old.response.end();
      }
      await until(() => server.listens.length === 1 && server.listens[0] !== old);
      expect(server.listens[0]?.id).not.toBe(old.id);
      await it.hear(({ method }) => method === "notifications/resources/updated");
      expect(it.heard.slice(from).map(({ method, params }) => ({ method, params }))).toEqual([
        { method: "notifications/tools/list_changed", params: {} },
        { method: "notifications/resources/list_changed", params: {} },
        { method: "notifications/resources/updated", params: { uri: "memo://1" } },
      ]);
    });

  test("carries nothing that was not asked for", async () => {
    const it = await begin(home, server.url, "legacy");
    await until(() => server.listens.length === 1);
    const [open] = server.listens;
    if (!open) throw new Error("no stream");
    event(open.response, tagged(open, "notifications/prompts/list_changed"));
    event(open.response, tagged(open, "notifications/resources/updated", { uri: "memo://other" }));
    event(open.response, { method: "notifications/message", params: { level: "info", data: "x" } });
    event(open.response, tagged(open, "notifications/tools/list_changed"));
    await it.hear(({ method }) => method === "notifications/tools/list_changed");
    expect(it.heard.filter(({ method }) => method !== undefined).map(({ method }) => method)).toEqual([
      "notifications/tools/list_changed",
    ]);
  });
});

describe("the subscription of a modern client", () => {
  const listen = (id: string | number, notifications: object) => ({
    jsonrpc: "2.0",
    id,
    method: "subscriptions/listen",
    params: { notifications, _meta: META },
  });
  const idOf = (line: Line) => line.params?._meta?.["io.modelcontextprotocol/subscriptionId"];

  test("comes back under its id when it is cut, and tells what may have changed meanwhile", async () => {
    const it = await begin(home, server.url, "modern");
    it.say(listen(5, { toolsListChanged: true, resourceSubscriptions: ["memo://1"] }));
    await it.hear(({ method }) => method === "notifications/subscriptions/acknowledged");
    const [old] = server.listens;
    expect(old?.id).toBe(5);
    old?.response.destroy();
    await it.hear(({ method }) => method === "notifications/resources/updated");
    const [open] = server.listens;
    if (!open) throw new Error("no stream");
    // A broken stream's request is asked again as a new one.
    expect(open.id).not.toBe(5);
    event(open.response, tagged(open, "notifications/resources/updated", { uri: "memo://1", n: 2 }));
    const update = await it.hear(({ params }) => params?.n === 2);
    expect(idOf(update)).toBe(5);
    const told = it.heard.filter(({ method }) => method !== undefined);
    expect(told.map(({ method }) => method)).toEqual([
      "notifications/subscriptions/acknowledged",
      "notifications/tools/list_changed",
      "notifications/resources/updated",
      "notifications/resources/updated",
    ]);
    for (const line of told) expect(idOf(line)).toBe(5);
    it.say(cancelled(5));
    await until(() => server.listens.length === 0);
    await sleep(1500);
    expect(server.listens).toEqual([]);
  });

  test("ends when the server ends it", async () => {
    const it = await begin(home, server.url, "modern");
    it.say(listen("a", { toolsListChanged: true }));
    await it.hear(({ method }) => method === "notifications/subscriptions/acknowledged");
    const [open] = server.listens;
    if (!open) throw new Error("no stream");
    const _meta = { "io.modelcontextprotocol/subscriptionId": "a" };
    event(open.response, { id: "a", result: { resultType: "complete", _meta } });
    open.response.end();
    expect((await it.answer("a")).result).toEqual({ resultType: "complete", _meta });
    // With the notification alone, the answer is made here: it is owed.
    it.say(listen("b", { toolsListChanged: true }));
    await until(() => server.listens.length === 1 && server.listens[0] !== open);
    const [other] = server.listens;
    if (!other) throw new Error("no stream");
    event(other.response, { method: "notifications/cancelled", params: { requestId: "b" } });
    other.response.end();
    expect((await it.answer("b")).result).toMatchObject({ resultType: "complete" });
    expect(server.requests.filter((one) => one.includes("listen"))).toHaveLength(2);
  });

  test("two at once are kept apart", async () => {
    const it = await begin(home, server.url, "modern");
    it.say(listen(1, { toolsListChanged: true }), listen(2, { resourceSubscriptions: ["memo://1"] }));
    await until(() => server.listens.length === 2);
    it.say(cancelled(1));
    await until(() => server.listens.length === 1);
    expect(server.listens[0]?.id).toBe(2);
  });

  test("is refused where more would leave no connection for calls", async () => {
    server.methods["tools/call"] = (asked) => complete(asked, says("hi"));
    const it = await begin(home, server.url, "modern");
    // More than the 48 that are let through, and than all connections there are.
    const ids = Array.from({ length: 300 }, (_, at) => at);
    it.say(...ids.map((id) => listen(id, { toolsListChanged: true })));
    expect((await it.answer(299)).error?.data).toMatchObject({
      source: "m2mcp",
      code: "subscriptions",
    });
    await until(() => server.listens.length === 48);
    const calls = ids.map((id) => `call ${id}`);
    it.say(...calls.map((id) => call(id, { name: "x", _meta: META })));
    for (const id of calls) expect(textOf(await it.answer(id))).toBe("hi");
    it.say(cancelled(0));
    await until(() => server.listens.length === 47);
    it.say(listen("next", { toolsListChanged: true }));
    await until(() => server.listens.some(({ id }) => id === "next"));
  });

  test("that is refused is answered with the refusal", async () => {
    server.methods["subscriptions/listen"] = (asked) =>
      refuse(asked, 404, { code: -32601, message: "no subscriptions" });
    const it = await begin(home, server.url, "modern");
    it.say(listen(1, { toolsListChanged: true }));
    expect((await it.answer(1)).error).toMatchObject({ code: -32601 });
  });
});
