// Sessions that end underneath the bridge: opened again unnoticed where that can be, one answer each where not.
import { describe, expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, json, result, type Script, stream } from "../support/mcp/scripted.ts";
import { type LegacyOptions, startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, INITIALIZED, notification, request } from "../support/messages.ts";
import { freePort } from "../support/net/listen.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();
const serve = async (script: Script, options?: LegacyOptions) =>
  home.owns(await startLegacyServer(script, options));

const NOT_FOUND = [
  404,
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}',
] as const;
const BAD_REQUEST = [
  400,
  '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request"}}',
] as const;
const NO_ID = [400, '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request"}}'] as const;

/** A server whose sessions before the newest `alive` one are lost. */
const losing = (
  refusal: readonly [number, string],
  state: { alive: string },
  answer: (asked: Asked) => string,
) =>
  serve((asked, response) => json(response, answer(asked)), {
    before: (asked, response) => {
      if (asked.session === undefined || asked.session === state.alive) return false;
      json(response, refusal[1], refusal[0]);
      return true;
    },
  });

describe("a lost session is opened again for all in flight:", () => {
  for (const [name, refusal] of [
    ["404", NOT_FOUND],
    ["400 with -32000 and id null", BAD_REQUEST],
    ["400 with -32000 and no id", NO_ID],
  ] as const)
    test(name, async () => {
      const state = { alive: "s1" };
      const server = await losing(refusal, state, ({ id, session }) => result(id, session));
      const { heard, say, hear, answer } = startBridge(home, [server.url]);
      say(INITIALIZE, INITIALIZED, call("before"));
      expect((await answer("before")).result.text).toBe("s1");
      state.alive = "s2";
      // As many as a busy host has in flight: all of them are refused before the first new session is there.
      const ids = Array.from({ length: 100 }, (_, at) => at + 100);
      say(
        ...ids.map((id) => call(id)),
        notification("notifications/roots/list_changed"),
        request("level", "logging/setLevel", { level: "debug" }),
      );
      for (const wanted of ids) expect((await answer(wanted)).result.text).toBe("s2");
      await hear(({ method }) => method === "notifications/tools/list_changed");
      expect(server.count("initialize")).toBe(2);
      expect(heard.filter(({ id }) => typeof id === "number")).toHaveLength(101);
      expect(
        server.seen.filter(
          ({ method, session }) => method === "notifications/initialized" && session === "s2",
        ),
      ).toHaveLength(1);
    }, 30_000);
});

for (const [status, body] of [
  [410, ""],
  [401, '{"error":"Session expired"}'],
  [400, "Session not found"],
] as const)
  test(`a session that only the GET stream finds lost, by ${status}, is opened again`, async () => {
    let alive = "s1";
    const server = await serve(
      ({ http, id, session }, response) => {
        if (http !== "GET") return json(response, result(id, session));
        stream(response).write("retry: 50\n: here\n\n");
        if (session === "s1") setTimeout(() => response.destroy(), 200);
        alive = "s2";
      },
      {
        before: ({ session }, response) => {
          if (session === undefined || session === alive) return false;
          response.writeHead(status).end(body);
          return true;
        },
      },
    );
    const { say } = startBridge(home, [server.url]);
    say(INITIALIZE, INITIALIZED);
    await until(() => server.seen.some(({ http, session }) => http === "GET" && session === "s2"));
    expect(server.count("initialize")).toBe(2);
  }, 20_000);

test("a new session is told the settings of the old one, and the host that what it subscribed to may have changed", async () => {
  const state = { alive: "s1" };
  const server = await losing(NOT_FOUND, state, ({ id, session }) => result(id, session));
  const { heard, hear, say, answer } = startBridge(home, [server.url]);
  const subscribe = (id: string, uri: string, method = "subscribe") =>
    request(id, `resources/${method}`, { uri });
  say(INITIALIZE, INITIALIZED);
  say(request("level", "logging/setLevel", { level: "debug" }));
  say(subscribe("a", "memo://a"), subscribe("b", "memo://b"));
  await answer("b");
  say(subscribe("not b", "memo://b", "unsubscribe"));
  await answer("not b");
  state.alive = "s2";
  say(call(2));
  expect((await answer(2)).result.text).toBe("s2");
  const told = server.seen
    .filter(({ session, method }) => session === "s2" && method !== "")
    .map(({ method, params }) => `${method} ${params?.uri ?? params?.level ?? ""}`.trim());
  expect(told.sort()).toEqual(
    [
      "logging/setLevel debug",
      "notifications/initialized",
      "resources/subscribe memo://a",
      "tools/call",
    ].sort(),
  );
  expect(heard.filter(({ id }) => id !== undefined)).toHaveLength(6);
  await hear(({ method }) => method === "notifications/resources/updated");
  const updated = heard.filter(({ method }) => method === "notifications/resources/updated");
  expect(updated.map(({ params }) => params.uri)).toEqual(["memo://a"]);
});

test("a 400 that a new session meets too is the server's answer, and no more sessions are opened for it", async () => {
  const server = await serve((_asked, response) => json(response, BAD_REQUEST[1], 400));
  const { say, answer } = startBridge(home, [server.url]);
  say(INITIALIZE, call(2));
  expect((await answer(2)).error).toEqual({ code: -32000, message: "Bad Request" });
  say(call(3));
  expect((await answer(3)).error.code).toBe(-32000);
  expect(server.count("initialize")).toBe(2);
});

test("a 400 with another error is the server's answer", async () => {
  const server = await serve(({ id }, response) =>
    json(response, `{"jsonrpc":"2.0","id":${id},"error":{"code":-32000,"message":"mine"}}`, 400),
  );
  const { say, answer } = startBridge(home, [server.url]);
  say(INITIALIZE, call(2));
  expect((await answer(2)).error.message).toBe("mine");
  expect(server.count("initialize")).toBe(1);
});

test("where no new session can be opened, each request gets that error, and later ones try again", async () => {
  let refusing = false;
  const server = await serve(({ id }, response) => json(response, result(id)), {
    before: ({ method }, response) => {
      if (!refusing) return false;
      if (method === "initialize") response.writeHead(500).end();
      else json(response, NOT_FOUND[1], 404);
      return true;
    },
  });
  const { heard, say, answer } = startBridge(home, [server.url]);
  say(INITIALIZE);
  await answer(1);
  refusing = true;
  say(call(2), call(3), call(4));
  for (const wanted of [2, 3, 4]) expect((await answer(wanted)).error.data.code).toBe("session_gone");
  refusing = false;
  say(call(5));
  expect((await answer(5)).result.text).toBe("ok");
  expect(heard.filter(({ id }) => id !== undefined)).toHaveLength(5);
});

test("what the lost session's server had asked is cancelled, and an answer to it does not reach the new one", async () => {
  const state = { alive: "s1" };
  let asks: Parameters<Script>[1] | undefined;
  const server = await serve(
    ({ id, params, session }, response) => {
      if (params?.name !== "ask") return json(response, result(id, session));
      asks = stream(response);
      asks.write(`data: {"jsonrpc":"2.0","id":0,"method":"roots/list"}\n\n`);
    },
    {
      before: (asked, response) => {
        if (asked.session === undefined || asked.session === state.alive) return false;
        json(response, NOT_FOUND[1], 404);
        return true;
      },
    },
  );
  const { say, hear, answer } = startBridge(home, [server.url]);
  say(INITIALIZE, call(2, "ask"));
  await hear(({ method }) => method === "roots/list");
  state.alive = "s2";
  asks?.destroy();
  expect((await answer(2)).error.data.code).toBe("stream_cut");
  say(call(3));
  expect((await answer(3)).result.text).toBe("s2");
  expect((await hear(({ method }) => method === "notifications/cancelled")).params.requestId).toBe(0);
  say({ jsonrpc: "2.0", id: 0, result: { roots: [] } }, call(4));
  await answer(4);
  expect(server.seen.filter(({ id, method }) => id === 0 && method === "")).toEqual([]);
});

test("a notification that meets a lost session is sent once more in the new one, and no oftener", async () => {
  const state = { alive: "s1" };
  const told = (n: number) => notification("notifications/x", { n });
  const server = await losing(NOT_FOUND, state, ({ id, session }) => result(id, session));
  const { say, answer } = startBridge(home, [server.url]);
  say(INITIALIZE, INITIALIZED, call("before"));
  await answer("before");
  state.alive = "s2";
  say(told(1), told(2));
  const seen = (session: string) =>
    server.seen
      .filter((asked) => asked.session === session && asked.method === "notifications/x")
      .map(({ params }) => params.n);
  await until(() => seen("s2")?.length === 2);
  expect(seen("s2")).toEqual([1, 2]);
  expect(server.count("initialize")).toBe(2);
  // None of its sessions lives any more: one is tried, then no more for notifications.
  state.alive = "none";
  say(told(3), told(4), told(5));
  await until(() => seen("s3")?.includes(5) === true);
  expect(server.count("initialize")).toBe(3);
});

test("a GET stream refused from the start opens no sessions", async () => {
  const server = await serve(({ http, id }, response) =>
    http === "GET" ? json(response, NOT_FOUND[1], 404) : json(response, result(id)),
  );
  const { say, answer } = startBridge(home, [server.url]);
  say(INITIALIZE, INITIALIZED, call(2));
  await answer(2);
  await until(() => server.seen.some(({ http }) => http === "GET") === true);
  await sleep(1500);
  expect(server.count("initialize")).toBe(1);
});

describe("the real server-everything, restarted underneath the bridge:", () => {
  const script = join(
    import.meta.dir,
    "../../node_modules/@modelcontextprotocol/server-everything/dist/index.js",
  );
  const start = async (port: number): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [script, "streamableHttp"], {
      env: { ...process.env, PORT: String(port) },
      stdio: "ignore",
    });
    await until(() => child.exitCode === null, 1000);
    for (let tries = 0; tries < 500; tries++) {
      const answered = await fetch(`http://127.0.0.1:${port}/mcp`, { method: "GET" }).catch(() => undefined);
      await answered?.body?.cancel();
      if (answered) return child;
      await sleep(20);
    }
    throw new Error("server-everything did not start");
  };
  const kill = (child: ChildProcess) =>
    new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve(undefined);
      child.once("exit", resolve);
      child.kill("SIGKILL");
    });

  test("later requests go on unnoticed, those in flight get one answer each", async () => {
    const port = await freePort();
    let everything = await start(port);
    try {
      const { heard, say, hear, answer, end } = startBridge(home, [`http://127.0.0.1:${port}/mcp`]);
      const echo = (id: number) => call(id, "echo", { message: `said ${id}` });
      const long = (id: number) => call(id, "trigger-long-running-operation", { duration: 30, steps: 2 });
      say(INITIALIZE, INITIALIZED, echo(2));
      expect((await answer(2)).result.content[0].text).toContain("said 2");
      say(long(3), long(4), long(5));
      await sleep(500);
      await kill(everything);
      everything = await start(port);
      for (const wanted of [3, 4, 5])
        expect((await answer(wanted)).error.data.code).toMatch(/^(session_lost|stream_cut)$/);
      say(echo(6), echo(7));
      for (const wanted of [6, 7])
        expect((await answer(wanted)).result.content[0].text).toContain(`said ${wanted}`);
      await hear(({ method }) => method === "notifications/tools/list_changed");
      expect(
        heard
          .filter(({ id, method }) => id !== undefined && method === undefined)
          .map(({ id }) => id)
          .sort(),
      ).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect(await end()).toBe(0);
    } finally {
      await kill(everything);
    }
  }, 60_000);
});
