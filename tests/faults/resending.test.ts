// What is sent again, and what is not: a call is repeated only where the server cannot have acted on it, or where
// its tool is annotated as one that may be called twice.
import { describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, json, reply, result, type Script, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { answersTo, call, cancelled, INITIALIZE, lines, modern, request } from "../support/messages.ts";
import { serveTcp } from "../support/net/listen.ts";
import { until } from "../support/waiting.ts";

const home = homeForEachTest();

const TOOLS = [
  { name: "reads", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } },
  { name: "sets", inputSchema: { type: "object" }, annotations: { idempotentHint: true } },
  {
    name: "adds",
    inputSchema: { type: "object" },
    annotations: { readOnlyHint: false, idempotentHint: false },
  },
  { name: "plain", inputSchema: { type: "object" } },
];
const LIST = request("list", "tools/list");

type Cut = (response: ServerResponse) => void;
const CUTS: [string, Cut][] = [
  ["reset before any byte", (response) => response.destroy()],
  [
    "stream cut",
    (response) => {
      stream(response).write(": hello\n\n");
      setTimeout(() => response.destroy(), 20);
    },
  ],
];

for (const era of ["legacy", "modern"] as const)
  describe(`with a ${era} server`, () => {
    /** @param cut true: it has dealt with the call, as a fault */
    const talk = async (cut: (asked: Asked, response: ServerResponse) => boolean) => {
      const script: Script = (asked, response) => {
        if (cut(asked, response)) return;
        if (asked.method === "tools/list") reply(asked, { tools: TOOLS, resultType: "complete" });
        else json(response, result(asked.id));
      };
      const server = home.owns(await startLegacyServer(script));
      const pinned = era === "modern" ? ["--protocol", "2026-07-28"] : [];
      const { say, answer } = startBridge(home, [server.url, "--timeout", "5", ...pinned]);
      if (era === "legacy") say(INITIALIZE);
      return { server, answer, say: (message: object) => say(era === "modern" ? modern(message) : message) };
    };

    for (const [cut, make] of CUTS)
      for (const { name } of TOOLS) {
        const twice = name === "reads" || name === "sets";
        test(`${cut}: tool ${name} is called ${twice ? "once more" : "once only"}`, async () => {
          let calls = 0;
          const { say, answer } = await talk((asked, response) => {
            if (asked.params?.name !== name || ++calls > 1) return false;
            make(response);
            return true;
          });
          say(LIST);
          await answer("list");
          say(call(2, name));
          const called = await answer(2);
          expect(calls).toBe(twice ? 2 : 1);
          if (twice) expect(called.result.text).toBe("ok");
          else expect(called.error.data.code).toBe("stream_cut");
        });
      }

    test("what only reads is sent once more, whatever was listed before", async () => {
      const readings = {
        "tools/list": {},
        "resources/list": {},
        "resources/templates/list": {},
        "resources/read": { uri: "a:b" },
        "prompts/list": {},
        "prompts/get": { name: "p" },
        "completion/complete": { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "" } },
        ...(era === "legacy" ? { ping: {} } : {}),
      };
      const tried = new Set<string>();
      const { server, say, answer } = await talk(({ method }, response) => {
        if (!(method in readings) || tried.has(method)) return false;
        tried.add(method);
        response.destroy();
        return true;
      });
      for (const [method, params] of Object.entries(readings)) say(request(method, method, params));
      for (const method of Object.keys(readings)) {
        expect((await answer(method)).result).toBeDefined();
        // The server may still be at work on the first: an id is used once.
        const ids = server.seen.filter((asked) => asked.method === method).map(({ id }) => id);
        expect(ids).toHaveLength(2);
        expect(ids[0]).toBe(method);
        expect(ids[1]).not.toBe(method);
      }
    });

    test("a tool that may be called twice is called twice at most", async () => {
      const { server, say, answer } = await talk(({ method }, response) => {
        if (method !== "tools/call") return false;
        response.destroy();
        return true;
      });
      say(LIST);
      await answer("list");
      say(call(2, "reads"));
      expect((await answer(2)).error.data.code).toBe("stream_cut");
      expect(server.count("tools/call")).toBe(2);
    });

    test("before the tools were listed, no tool is called twice", async () => {
      const { server, say, answer } = await talk((asked, response) => {
        if (asked.params?.name !== "reads") return false;
        response.destroy();
        return true;
      });
      say(call(2, "reads"));
      expect((await answer(2)).error.data.code).toBe("stream_cut");
      expect(server.count("tools/call")).toBe(1);
    });
  });

test("on a connection used before, that is reset when the request was read, nothing is sent a second time", async () => {
  // The runtime's own fetch must not repeat a POST either: each connection answers some, then resets on the next.
  const seen: number[] = [];
  const tcp = await serveTcp((socket) => {
    let rest = "";
    let answered = 0;
    socket.setEncoding("utf8").on("data", (text: string) => {
      rest += text;
      for (;;) {
        const [head = "", ...bodies] = rest.split("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        const body = bodies.join("\r\n\r\n");
        if (bodies.length === 0 || Buffer.byteLength(body) < length) return;
        rest = body.slice(length);
        const { id, method } =
          length === 0 ? { id: undefined, method: "" } : JSON.parse(body.slice(0, length));
        if (method === "tools/call") seen.push(id);
        if (method === "tools/call" && ++answered === 4) return void socket.destroy();
        const answer =
          method === "initialize"
            ? `{"jsonrpc":"2.0","id":${id},"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"x","version":"1"}}}`
            : result(id);
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${answer.length}\r\n\r\n${answer}`,
        );
      }
    });
  });
  const { url } = home.owns(tcp);
  const { say, answer } = startBridge(home, [url]);
  say(INITIALIZE);
  await answer(1);
  const outcomes: string[] = [];
  // Five connections, each of which is reset at its fourth call.
  for (let id = 2; id < 22; id++) {
    say(call(id));
    const called = await answer(id);
    outcomes.push(called.error ? called.error.data.code : "ok");
  }
  expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => at + 2));
  expect(outcomes.join(" ")).toBe("ok ok ok stream_cut ".repeat(5).trim());
});

test.each([
  ["a redirect", 307, { location: "/mcp" }],
  ["a wait", 503, { "retry-after": "0" }],
])("a call that was cancelled before %s is not sent again", async (_, status, headers) => {
  const held: ServerResponse[] = [];
  const server = await startLegacyServer(({ id, method, params }, response) => {
    if (params?.name === "held") held.push(response);
    else if (method === "notifications/cancelled") response.writeHead(202).end();
    else json(response, result(id));
  });
  const { say, answer } = startBridge(home, [home.owns(server).url]);
  say(INITIALIZE, call(2, "held"));
  await until(() => held.length === 1);
  say(cancelled(2));
  await until(() => server.count("notifications/cancelled") === 1);
  held[0]?.writeHead(status, headers).end();
  for (const id of [3, 4, 5]) {
    say(call(id));
    await answer(id);
  }
  expect(held).toHaveLength(1);
});

test("429 and 503 with a time are waited for, and the request is sent again", async () => {
  const times: number[] = [];
  const script: Script = ({ id }, response) => {
    times.push(performance.now());
    if (times.length === 1) response.writeHead(429, { "retry-after": "1" }).end();
    else if (times.length === 2)
      response.writeHead(503, { "retry-after": new Date(Date.now() + 2000).toUTCString() }).end();
    else json(response, result(id));
  };
  const server = home.owns(await startLegacyServer(script));
  const { stdout } = await home.run(["bridge", server.url], { input: lines(INITIALIZE, call(2)) });
  expect(answersTo(stdout, 2)[0].result.text).toBe("ok");
  const [first = 0, second = 0, third = 0] = times;
  expect(second - first).toBeGreaterThan(990);
  // The date has whole seconds only.
  expect(third - second).toBeGreaterThan(900);
});
