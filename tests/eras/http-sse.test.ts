// Sessions over HTTP+SSE (2024-11-05): cut, forgotten, and led elsewhere.
import { describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { says, serveScript, sse, stream } from "../support/mcp/scripted.ts";
import { call, echo, INITIALIZED, initialize, modern, notification, request } from "../support/messages.ts";
import { until } from "../support/waiting.ts";
import { ask } from "./begin.ts";

const home = homeForEachTest();

describe("HTTP+SSE", () => {
  for (const client of ["legacy", "modern"] as const)
    test(`a session whose stream was cut comes back for a ${client} client, with what it had been told`, async () => {
      const server = home.owns(await startFullLegacyServer("sse"));
      const it = startBridge(home, [server.url, "--timeout", "10"]);
      const inItsEra = (message: object) => (client === "modern" ? modern(message) : message);
      if (client === "legacy") {
        it.say(initialize("2024-11-05", {}), INITIALIZED);
        it.say(request("s", "resources/subscribe", { uri: "memo://one" }));
      } else {
        it.say(ask("init", "server/discover"));
        it.say(
          ask("s", "subscriptions/listen", {
            notifications: { toolsListChanged: true, resourceSubscriptions: ["memo://one"] },
          }),
        );
      }
      await until(() => server.seen.subscribed.has("memo://one"));
      it.say(inItsEra(call("slow", "slow", { ms: 60_000 })));
      await until(() => server.seen.requests.includes("POST tools/call"));
      server.seen.subscribed.clear();
      const from = it.heard.length;
      server.restart();
      // What was under way is an error at once.
      expect((await it.answer("slow")).error?.data).toMatchObject({ code: "stream_cut" });
      it.say(echo("e", client));
      expect((await it.answer("e")).result).toMatchObject(says("hi"));
      expect(server.seen.subscribed.has("memo://one")).toBe(true);
      expect(it.heard.slice(from).some(({ method }) => method === "notifications/tools/list_changed")).toBe(
        true,
      );
      // One at the wrong address, to find out what the server is; one for each session.
      expect(server.seen.requests.filter((one) => one === "POST initialize")).toHaveLength(3);
      expect(server.sessions()).toBe(1);
    });

  test("a session that the server forgot is opened again, and what met that is sent once more", async () => {
    const server = home.owns(await startFullLegacyServer("sse"));
    const it = startBridge(home, [server.url, "--timeout", "10"]);
    it.say(initialize("2024-11-05", {}), INITIALIZED);
    it.say(echo("before", "legacy", "before"));
    expect((await it.answer("before")).result).toMatchObject(says("before"));
    server.forget();
    for (const id of ["a", "b", "c"]) it.say(echo(id, "legacy", id));
    for (const id of ["a", "b", "c"]) expect((await it.answer(id)).result).toMatchObject(says(id));
    expect(it.heard.some(({ method }) => method === "notifications/tools/list_changed")).toBe(true);
    expect(server.sessions()).toBe(1);
  });

  const old = (address: (origin: string) => string, refuse: (response: ServerResponse) => unknown) => {
    let events: ServerResponse | undefined;
    return serveScript((asked, response, { url, headers }) => {
      if (asked.http === "GET") {
        events = stream(response);
        return events.write(`event: endpoint\ndata: ${address(`http://${headers.host}`)}\n\n`);
      }
      if (url !== "/messages?s=1") return refuse(response);
      response.writeHead(202).end();
      const value = {
        protocolVersion: "2024-11-05",
        capabilities: {},
        serverInfo: { name: "old", version: "1" },
      };
      const said = asked.method === "initialize" ? value : { tools: [] };
      if (asked.id !== undefined)
        events?.write(`data: ${JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: said })}\n\n`);
    });
  };

  for (const [form, address] of [
    ["JSON text", () => '"/messages?s=1"'],
    ["a JSON object", () => '{"uri":"/messages?s=1"}'],
    ["percent-encoded", (origin: string) => `${encodeURIComponent(origin)}/messages?s=1`],
  ] as const)
    test(`an address to post to as ${form} is found`, async () => {
      const server = home.owns(await old(address, (response) => response.writeHead(405).end()));
      const it = startBridge(home, [server.url]);
      it.say(initialize());
      expect((await it.answer("init")).result).toMatchObject({ protocolVersion: "2024-11-05" });
    });

  for (const status of [401, 403, 410] as const)
    test(`a session that is forgotten in words, with ${status}, is opened again`, async () => {
      let streams = 0;
      let alive = "";
      const answers: Record<string, object> = {
        initialize: {
          protocolVersion: "2024-11-05",
          capabilities: {},
          serverInfo: { name: "old", version: "1" },
        },
        "tools/call": says("hi"),
      };
      let events: ServerResponse | undefined;
      const server = home.owns(
        await serveScript(({ http, id, method }, response, { url }) => {
          if (http === "GET") {
            alive = `/messages?s=${++streams}`;
            events = stream(response);
            return events.write(`event: endpoint\ndata: ${alive}\n\n`);
          }
          if (!url?.startsWith("/messages")) return response.writeHead(405).end();
          if (url !== alive) return response.writeHead(status).end("Session expired");
          response.writeHead(202).end();
          const value = JSON.stringify({ jsonrpc: "2.0", id, result: answers[method] });
          if (id !== undefined) events?.write(`data: ${value}\n\n`);
        }),
      );
      const it = startBridge(home, [server.url]);
      it.say(initialize(), INITIALIZED);
      it.say(echo("before", "legacy"));
      expect((await it.answer("before")).result).toMatchObject(says("hi"));
      alive = "";
      it.say(echo("after", "legacy"));
      expect((await it.answer("after")).result).toMatchObject(says("hi"));
      expect(streams).toBe(2);
    });

  test("a stream is asked for beside a first request that stays without an answer", async () => {
    const server = home.owns(
      await old(
        () => "/messages?s=1",
        () => {},
      ),
    );
    const it = startBridge(home, [server.url]);
    it.say(initialize());
    expect((await it.answer("init")).result).toMatchObject({ protocolVersion: "2024-11-05" });
    expect((await home.run([server.url, "tools-list"])).code).toBe(0);
  }, 30_000);

  test("a call that stays without an answer is not given up for it", async () => {
    const server = home.owns(
      await old(
        () => "/messages?s=1",
        () => {},
      ),
    );
    // By the request alone: tools-call asks for the list of tools before, which may be given up.
    const { code } = await home.run([server.url, "request", "tools/call", "name=x", "--timeout", "5"]);
    expect(code).toBe(3);
    expect(server.requests).not.toContain("GET");
  }, 30_000);

  test("an address to post to elsewhere is refused", async () => {
    const elsewhere = home.owns(await serveScript((_asked, response) => response.writeHead(202).end()));
    const server = await serveScript(({ http }, response) => {
      if (http !== "GET") return response.writeHead(405).end();
      return stream(response).write(`event: endpoint\ndata: ${elsewhere.origin}/messages\n\n`);
    });
    const run = startBridge(home, [home.owns(server).url, "--timeout", "5"]);
    run.say(initialize());
    expect((await run.answer("init")).error).toBeDefined();
    expect(elsewhere.seen).toEqual([]);
  });
});

test("what comes behind a notification waits until that was taken: servers refuse requests before the first one", async () => {
  let events: ServerResponse | undefined;
  const taken: string[] = [];
  const server = home.owns(
    await serveScript(({ http, id, method }, response, { url }) => {
      if (http === "GET") {
        events = stream(response);
        return events.write("event: endpoint\ndata: /message?sessionId=1\n\n");
      }
      if (!url?.startsWith("/message")) return response.writeHead(405).end();
      const take = () => {
        taken.push(method);
        response.writeHead(202).end();
        const result =
          method === "initialize"
            ? { protocolVersion: "2024-11-05", capabilities: {}, serverInfo: { name: "x", version: "1" } }
            : says("ok");
        if (id !== undefined) events?.write(sse(JSON.stringify({ jsonrpc: "2.0", id, result })));
      };
      // Its connection is slower than that of the next one.
      if (method === INITIALIZED.method || method === "notifications/a") setTimeout(take, 200);
      else take();
    }),
  );
  const { say, answer } = startBridge(home, [server.url, "--protocol", "2024-11-05"]);
  say(initialize("2024-11-05"));
  await answer("init");
  say(INITIALIZED, call(1));
  expect((await answer(1)).result).toEqual(says("ok"));
  say(notification("notifications/a"), notification("notifications/b"));
  await until(() => taken.length === 5);
  expect(taken.slice(1)).toEqual([INITIALIZED.method, "tools/call", "notifications/a", "notifications/b"]);
});
