// Refusals that look like a lost session and are none, and sessions lost one after the other: neither becomes a storm of
// handshakes, nor of news, though the host lists again whenever it hears any.
import { describe, expect, test } from "bun:test";
import { type Bridge, startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { type Asked, refuse, reply, type Script, serveScript, sse, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZED, initialize, notification, request } from "../support/messages.ts";
import { sleep } from "../support/waiting.ts";

const nobodys = (asked: Asked) => ({ ...asked, id: null });

/** A host that lists again on each list_changed, for a time; what it heard and was answered. */
async function listing({ heard, say, answer }: Bridge, methods: string[], forMs: number) {
  let [seen, n] = [0, 0];
  const news = () => heard.filter(({ method }) => method?.endsWith("list_changed")).length;
  const ask = () => {
    n++;
    say(...methods.map((method, at) => request(`${at}-${n}`, method)));
  };
  ask();
  for (const untilMs = performance.now() + forMs; performance.now() < untilMs; await sleep(10))
    if (news() > seen) {
      seen = news();
      ask();
    }
  // A slow machine may take longer to give it: that is no storm.
  await answer(`${methods.length - 1}-1`);
  return { news: seen, answers: heard.filter(({ id }) => `${id}`.startsWith(`${methods.length - 1}-`)) };
}

const LISTS = ["tools/list", "resources/templates/list"];

describe("a method that is refused for its own sake opens no sessions without end:", () => {
  for (const [what, how, most] of [
    [
      "404 and method not found",
      (asked: Asked) => refuse(asked, 404, { code: -32601, message: "Method not found" }),
      1,
    ],
    [
      "404 and method not found to nobody",
      (asked: Asked) => refuse(nobodys(asked), 404, { code: -32601, message: "Method not found" }),
      1,
    ],
    ["404 with nothing", ({ response }: Asked) => response.writeHead(404).end(), 3],
    [
      "400 and words of a session of its own",
      (asked: Asked) =>
        refuse(asked, 400, { code: -32602, message: "Missing required parameter: sessionId" }),
      5,
    ],
  ] as const)
    test.concurrent(
      what,
      inHome(async (home) => {
        const server = home.owns(
          await startLegacyServer((asked, response) => {
            if (asked.http === "GET") return response.writeHead(405).end();
            return asked.method === LISTS[1] ? how(asked) : reply(asked, { tools: [] });
          }),
        );
        const bridge = startBridge(home, [server.url]);
        bridge.say(initialize(), INITIALIZED);
        await bridge.answer("init");
        const { news, answers } = await listing(bridge, LISTS, 4000);
        expect(server.count("initialize")).toBeLessThanOrEqual(most);
        expect(answers[0]?.error).toBeDefined();
        if (most === 1) {
          expect(answers[0]?.error.code).toBe(-32601);
          expect(news).toBe(0);
        }
        bridge.say(call("last"));
        expect((await bridge.answer("last")).result).toBeDefined();
      }),
      30_000,
    );

  for (const [what, how, most] of [
    [
      "a notification, 404 and method not found",
      (asked: Asked) => refuse(nobodys(asked), 404, { code: -32601, message: "Method not found" }),
      1,
    ],
    ["a notification, 404 with nothing", ({ response }: Asked) => response.writeHead(404).end(), 2],
  ] as const)
    test.concurrent(
      what,
      inHome(async (home) => {
        const changed = "notifications/roots/list_changed";
        const server = home.owns(
          await startLegacyServer(
            (asked, response) => (asked.http === "GET" ? response.writeHead(405).end() : reply(asked, {})),
            {
              before(asked) {
                if (asked.method === changed) how(asked);
                return asked.method === changed;
              },
            },
          ),
        );
        const { say, answer } = startBridge(home, [server.url]);
        say(initialize(), INITIALIZED, call(1));
        await answer(1);
        for (let n = 0; n < 3; n++) {
          say(notification(changed));
          await sleep(200);
        }
        say(call(2));
        expect((await answer(2)).result).toBeDefined();
        expect(server.count("initialize")).toBeLessThanOrEqual(most);
      }),
      30_000,
    );

  test.concurrent(
    "over HTTP+SSE, 404 with nothing",
    inHome(async (home) => {
      const { script, handshakes } = oldServer(({ method, response }) => {
        if (method !== LISTS[1]) return false;
        response.writeHead(404).end();
        return true;
      });
      const bridge = startBridge(home, [home.owns(await serveScript(script)).url]);
      bridge.say(initialize(), INITIALIZED);
      await bridge.answer("init");
      await listing(bridge, LISTS, 5000);
      expect(handshakes()).toBeLessThanOrEqual(4);
    }),
    30_000,
  );
});

/** A server of the old transport; `take` says whether it dealt with a message by itself. */
function oldServer(take: (asked: Asked) => boolean) {
  let handshakes = 0;
  let opened = 0;
  const streams = new Map<string, Asked["response"]>();
  const script: Script = (asked, response, { url = "" }) => {
    const id = new URL(url, "http://x").searchParams.get("session");
    if (asked.http === "GET") {
      streams.set(`${++opened}`, response);
      return stream(response).write(`event: endpoint\ndata: /message?session=${opened}\n\n`);
    }
    const to = streams.get(id ?? "");
    if (!to) return response.writeHead(405).end();
    if (asked.method === "initialize") handshakes++;
    if (take(asked)) return;
    response.writeHead(202).end();
    const result = {
      protocolVersion: "2024-11-05",
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: "old", version: "1" },
      tools: [],
    };
    if (asked.id !== undefined) to.write(sse(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result })));
  };
  return { script, handshakes: () => handshakes };
}

test.concurrent(
  "two servers in turn, each with sessions of its own, are asked ever more slowly, and are no news",
  inHome(async (home) => {
    let turn = 0;
    const sessions = [new Set<string>(), new Set<string>()];
    const server = home.owns(
      await serveScript((asked, response) => {
        const mine = sessions[turn++ % 2] ?? new Set();
        if (asked.method === "initialize") {
          const id = `s${turn}`;
          mine.add(id);
          response.setHeader("mcp-session-id", id);
          return reply(asked, {
            protocolVersion: "2025-11-25",
            capabilities: { tools: { listChanged: true } },
            serverInfo: { name: "two", version: "1" },
          });
        }
        if (!mine.has(asked.session ?? ""))
          return refuse(nobodys(asked), 404, { code: -32001, message: "Session not found" });
        if (asked.http === "GET") {
          stream(response).write(": hello\n\n");
          return setTimeout(() => response.end(), 20);
        }
        return asked.id === undefined ? response.writeHead(202).end() : reply(asked, { tools: [] });
      }),
    );
    const bridge = startBridge(home, [server.url]);
    bridge.say(initialize(), INITIALIZED);
    await bridge.answer("init");
    const { news } = await listing(bridge, ["tools/list"], 5000);
    expect(server.requests.length).toBeLessThanOrEqual(30);
    expect(news).toBeLessThanOrEqual(3);
  }),
  30_000,
);
