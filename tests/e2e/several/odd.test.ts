// Clients and servers that do what few expect, at several servers as one.
import { expect, test } from "bun:test";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { type Asked, event, refuse, reply, says, stream } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { acknowledge, startModernServer } from "../../support/mcp/scripted-modern.ts";
import {
  call,
  DISCOVER,
  INITIALIZE,
  INITIALIZED,
  initialize,
  type Json,
  modern,
  request,
} from "../../support/messages.ts";
import { startServe } from "../../support/serve.ts";
import { until } from "../../support/waiting.ts";
import { save } from "./servers.ts";

const home = homeForEachTest();
const listed = (...names: string[]) => ({
  tools: names.map((name) => ({ name, inputSchema: { type: "object" } })),
});
const namesIn = (line: { result?: Json }) => line.result.tools.map(({ name }: { name: string }) => name);

test("names are told apart though a server's list cannot be read to its end", async () => {
  for (const name of ["a", "b"]) {
    const server = await startLegacyServer((asked) => {
      if (asked.method !== "tools/list") return reply(asked, says(name));
      return asked.params?.cursor === undefined
        ? reply(asked, { ...listed("x"), nextCursor: "2" })
        : refuse(asked, 200, { code: -32603, message: "broken" });
    });
    await save(home, name, home.owns(server).url);
  }
  const bridge = startBridge(home, ["@a", "@b"]);
  bridge.say(INITIALIZE, INITIALIZED, request(2, "tools/list"));
  expect(namesIn(await bridge.answer(2))).toEqual(["a_x", "b_x"]);
  bridge.say(call(3, "a_x"), call(4, "b_x"));
  expect((await bridge.answer(3)).result).toEqual(says("a"));
  expect((await bridge.answer(4)).result).toEqual(says("b"));
  await bridge.stop();
});

test("a call whose answer is no HTTP was sent: its server is not told to be away", async () => {
  for (const name of ["a", "b"]) {
    const server = await startLegacyServer((asked, response) => {
      if (asked.method !== "tools/call") return reply(asked, listed("x"));
      response.socket?.end("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}");
    });
    await save(home, name, home.owns(server).url);
  }
  const bridge = startBridge(home, ["@a", "@b"]);
  bridge.say(INITIALIZE, INITIALIZED, request(2, "tools/list"));
  await bridge.answer(2);
  bridge.say(call(3, "a_x"));
  const { error } = await bridge.answer(3);
  expect(error.data.code).toBe("no_http");
  expect(error.message).not.toContain("not sent");
  await bridge.stop();
});

test("a method that is called like what every object has is an unknown method", async () => {
  for (const name of ["a", "b"])
    await save(
      home,
      name,
      home.owns(await startLegacyServer((asked) => refuse(asked, 200, { code: -32601, message: "none" })))
        .url,
    );
  const bridge = startBridge(home, ["@a", "@b"]);
  const methods = ["constructor", "toString", "__proto__", "hasOwnProperty"];
  bridge.say(INITIALIZE, INITIALIZED, ...methods.map((method) => request(method, method)));
  for (const method of methods) expect((await bridge.answer(method)).error.code).toBe(-32601);
  await bridge.stop();
});

test("a log level waits 3 s for a server that says nothing to it", async () => {
  const handshake = { capabilities: { logging: {}, tools: {} } };
  const silent = await startLegacyServer(
    (asked) => (asked.method === "logging/setLevel" ? undefined : reply(asked, listed())),
    { handshake },
  );
  const quick = await startLegacyServer((asked) => reply(asked, {}), { handshake });
  await save(home, "silent", home.owns(silent).url);
  await save(home, "quick", home.owns(quick).url);
  const bridge = startBridge(home, ["@silent", "@quick"]);
  bridge.say(INITIALIZE, INITIALIZED, request(2, "logging/setLevel", { level: "debug" }));
  expect((await bridge.answer(2, 20_000)).result).toEqual({});
  await bridge.stop();
});

test("a retry at a process that has carried nothing before finds the server's own name", async () => {
  const asks = (asked: Asked) =>
    reply(
      asked,
      asked.params.name !== "x"
        ? { resultType: "complete", ...says(`unknown ${asked.params.name}`), isError: true }
        : asked.params.requestState === undefined
          ? { resultType: "input_required", requestState: "mine", inputRequests: {} }
          : { resultType: "complete", ...says(`went on with ${asked.params.requestState}`) },
    );
  for (const name of ["a", "b"]) {
    const server = home.owns(await startModernServer());
    server.methods["tools/list"] = (asked) => reply(asked, { resultType: "complete", ...listed("x") });
    server.methods["tools/call"] = asks;
    await save(home, name, server.url);
  }
  const first = startBridge(home, ["@a", "@b"]);
  first.say(DISCOVER, modern(call(2, "b_x")));
  const { requestState } = (await first.answer(2)).result;
  expect(requestState).toBe("b:mine");
  await first.stop();
  const next = startBridge(home, ["@a", "@b"], { env: { M2MCP_STORE: "file" } });
  next.say(modern(request(3, "tools/call", { name: "b_x", requestState, inputResponses: {} })));
  expect((await next.answer(3)).result.content).toEqual(says("went on with mine").content);
  await next.stop();
});

test("a word for --prefix that is none is refused, wherever it stands; so is a second name at a one-off command", async () => {
  for (const name of ["a", "b"])
    await save(home, name, home.owns(await startLegacyServer((asked) => reply(asked, listed("x")))).url);
  for (const args of [
    ["bridge", "@a", "@b"],
    ["bridge", "@a"],
    ["serve", "@a"],
    ["install", "@a", "@b", "--print"],
  ]) {
    const { code, stderr } = await home.run([...args, "--prefix", "never"]);
    expect([args, code, stderr]).toEqual([args, 1, expect.stringContaining("clash or always")]);
  }
  const { code, stderr } = await home.run(["@a", "@b", "tools-list"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("m2mcp bridge @a @b")]);
});

const REFUSALS: Record<string, (asked: Asked) => void> = {
  "an HTTP status": (asked) => void asked.response.writeHead(503).end(),
  "what is no JSON": (asked) =>
    void asked.response.writeHead(200, { "content-type": "application/json" }).end("{oops"),
  "an error": (asked) => refuse(asked, 200, { code: -32603, message: "broken" }),
};
for (const [what, refusing] of Object.entries(REFUSALS))
  test(`a server that is there and answers a list with ${what} is said to be missing once, and comes back by list_changed`, async () => {
    let refuses = true;
    const odd = await startLegacyServer((asked) =>
      asked.method !== "tools/list"
        ? reply(asked, says("odd"))
        : refuses
          ? refusing(asked)
          : reply(asked, listed("late")),
    );
    const good = await startLegacyServer((asked) => reply(asked, listed("good")));
    await save(home, "odd", home.owns(odd).url);
    await save(home, "good", home.owns(good).url);
    const bridge = startBridge(home, ["@odd", "@good"]);
    bridge.say(INITIALIZE, INITIALIZED, request(2, "tools/list"), request(3, "tools/list"));
    for (const id of [2, 3]) expect(namesIn(await bridge.answer(id))).toEqual(["good"]);
    bridge.say(call(4, "late"));
    expect((await bridge.answer(4)).error.message).toContain("@odd gives no list of its tools");
    expect(bridge.stderr().match(/tools\/list goes on without @odd/g)?.length).toBe(1);
    refuses = false;
    await bridge.hear(({ method }) => method === "notifications/tools/list_changed", 20_000);
    bridge.say(request(5, "tools/list"), call(6, "late"));
    expect(namesIn(await bridge.answer(5))).toEqual(["late", "good"]);
    expect((await bridge.answer(6)).result).toEqual(says("odd"));
    await bridge.stop();
  });

test("a handshake that both servers refuse one client takes no server from others", async () => {
  for (const name of ["a", "b"]) {
    const server = await startLegacyServer((asked) => reply(asked, listed(name)), {
      before(asked) {
        if (asked.method !== "initialize" || asked.params?.clientInfo?.name !== "odd") return false;
        refuse(asked, 200, { code: -32602, message: "not you" });
        return true;
      },
    });
    await save(home, name, home.owns(server).url);
  }
  const serve = await startServe(home, ["@a", "@b"]);
  const post = (body: object, session?: string) =>
    fetch(serve.url, {
      method: "POST",
      headers: {
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        ...(session === undefined ? {} : { "mcp-session-id": session }),
      },
      body: JSON.stringify(body),
    });
  const odd = {
    ...INITIALIZE,
    params: { ...INITIALIZE.params, clientInfo: { name: "odd", version: "1" } },
  };
  const good = await post(INITIALIZE);
  const session = good.headers.get("mcp-session-id") ?? "";
  await good.text();
  await (await post(INITIALIZED, session)).text();
  expect(await (await post(odd)).text()).toContain("not you");
  expect(serve.stderr()).not.toContain("is away");
  const tools = await (await post(request(2, "tools/list"), session)).text();
  for (const name of ["a", "b"]) expect(tools).toContain(`"name":"${name}"`);
});

test("a server that owes a list is waited for once, not for each list anew", async () => {
  const silent = await startLegacyServer((asked) =>
    asked.method === "tools/list" ? undefined : reply(asked, {}),
  );
  const quick = await startLegacyServer((asked) => reply(asked, listed("quick")));
  await save(home, "silent", home.owns(silent).url);
  await save(home, "quick", home.owns(quick).url);
  const bridge = startBridge(home, ["@silent", "@quick"]);
  bridge.say(INITIALIZE, INITIALIZED, request(2, "tools/list"));
  await bridge.answer(2, 20_000);
  const beganMs = performance.now();
  for (const id of [3, 4, 5]) {
    bridge.say(request(id, "tools/list"));
    expect(namesIn(await bridge.answer(id, 20_000))).toEqual(["quick"]);
  }
  // Thrice 5 s otherwise.
  expect(performance.now() - beganMs).toBeLessThan(10_000);
  await bridge.stop();
});

test.each([
  ["is refused for now", (asked: Asked) => asked.response.writeHead(503).end("busy")],
  [
    "is ended by its server",
    (asked: Asked) => {
      stream(asked.response);
      acknowledge(asked);
      event(asked.response, { id: asked.id, result: { resultType: "complete" } });
      asked.response.end();
    },
  ],
])(
  "a subscription that %s is asked for there again, and what changed meanwhile is told",
  async (_title, once) => {
    const server = home.owns(await startModernServer());
    const other = home.owns(await startModernServer());
    const { "subscriptions/listen": holds } = server.methods;
    await save(home, "a", server.url);
    await save(home, "b", other.url);
    server.methods["subscriptions/listen"] = (asked) => {
      server.methods["subscriptions/listen"] = holds as (asked: Asked) => unknown;
      return once(asked);
    };
    const bridge = startBridge(home, ["@a", "@b"]);
    const notifications = { toolsListChanged: true };
    bridge.say(DISCOVER, modern(request(2, "subscriptions/listen", { notifications })));
    await bridge.hear(({ method }) => method === "notifications/subscriptions/acknowledged");
    await bridge.hear(({ method }) => method === "notifications/tools/list_changed");
    await until(() => server.listens.length === 1);
    expect(server.count("subscriptions/listen")).toBe(2);
    await bridge.stop();
  },
);

test("a modern host that asks for a handshake in its own era stays what it is", async () => {
  const modernServer = home.owns(await startModernServer());
  modernServer.methods["tools/list"] = (asked) => reply(asked, { resultType: "complete", ...listed("x") });
  await save(home, "a", modernServer.url);
  await save(home, "b", home.owns(await startLegacyServer((asked) => reply(asked, listed("x")))).url);
  const bridge = startBridge(home, ["@a", "@b"]);
  bridge.say(DISCOVER);
  await bridge.answer("init");
  bridge.say(modern(initialize("2025-11-25", {}, "handshake")));
  expect((await bridge.answer("handshake")).error.code).toBe(-32601);
  bridge.say(modern(request("list", "tools/list")), request("bare", "tools/list"));
  expect(namesIn(await bridge.answer("list"))).toEqual(["a_x", "b_x"]);
  expect((await bridge.answer("bare")).error.message).toContain("_meta lacks");
  expect(modernServer.count("initialize")).toBe(0);
  await bridge.stop();
});
