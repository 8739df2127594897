// The standalone stream and the listen stream, at servers that end them, refuse them or say nothing on them. The tests
// watch for seconds what a bridge does by itself, so they watch beside each other.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { type Home, inHome } from "../support/home.ts";
import { json, result, type Script, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { acknowledge, startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, INITIALIZE, INITIALIZED, modern, request } from "../support/messages.ts";
import { sleep, until } from "../support/waiting.ts";

describe("the GET stream", () => {
  /** What the server sees of the stream, while a client waits: at least so long, and until it was asked for so often. */
  const watch = async (home: Home, script: Script, forMs: number, least: number, args: string[] = []) => {
    const server = home.owns(await startLegacyServer(script));
    const gets = () => server.seen.filter(({ http }) => http === "GET");
    const { heard, say, answer } = startBridge(home, [server.url, ...args]);
    say(INITIALIZE, INITIALIZED);
    await answer(1);
    await sleep(forMs);
    await until(() => gets().length >= least);
    say(call(2));
    await answer(2);
    return { heard, gets: gets() };
  };
  const orElse =
    (get: Script): Script =>
    (asked, response, request) =>
      asked.http === "GET" ? get(asked, response, request) : json(response, result(asked.id));

  test.concurrent(
    "that ends at once each time is asked for ever less often",
    inHome(async (home) => {
      const { gets } = await watch(
        home,
        orElse((_asked, response) => void stream(response).end()),
        5000,
        2,
      );
      // At 0 s, 1 s and 3 s, each wait a quarter more or less.
      expect(gets.length).toBeGreaterThan(1);
      expect(gets.length).toBeLessThan(6);
    }),
    20_000,
  );

  test.concurrent(
    "is no hot loop where the server says retry: 0",
    inHome(async (home) => {
      const { gets } = await watch(
        home,
        orElse((_asked, response) => void stream(response).end("retry: 0\n\n")),
        2000,
        3,
      );
      expect(gets.length).toBeGreaterThan(2);
      expect(gets.length).toBeLessThan(9);
    }),
    20_000,
  );

  test.concurrent(
    "goes on after its last event, and after the time that the server named",
    inHome(async (home) => {
      const times: number[] = [];
      const { gets, heard } = await watch(
        home,
        orElse((_asked, response) => {
          times.push(performance.now());
          stream(response).end(
            `id: g${times.length}\nretry: 500\ndata: {"jsonrpc":"2.0","method":"notifications/x"}\n\n`,
          );
        }),
        2500,
        3,
      );
      expect(gets.slice(0, 3).map(({ lastEventId }) => lastEventId)).toEqual([undefined, "g1", "g2"]);
      const [first = 0, second = 0, third = 0] = times;
      expect(second - first).toBeGreaterThan(490);
      expect(third - second).toBeGreaterThan(490);
      expect(heard.filter(({ method }) => method === "notifications/x").length).toBeGreaterThan(2);
    }),
    20_000,
  );

  test.concurrent(
    "starts anew where its last event is not known any more",
    inHome(async (home) => {
      let opened = 0;
      const { gets } = await watch(
        home,
        orElse(({ lastEventId }, response) => {
          if (lastEventId !== undefined) return void response.writeHead(400).end();
          if (++opened === 1) stream(response).end("id: g1\nretry: 50\ndata:\n\n");
          else stream(response).write(": open\n\n");
        }),
        2000,
        3,
      );
      expect(gets.map(({ lastEventId }) => lastEventId)).toEqual([undefined, "g1", undefined]);
    }),
    20_000,
  );

  test.concurrent(
    "that is silent for too long is made anew, and a server that still holds the old one is asked again",
    inHome(async (home) => {
      let isOpen = false;
      const { gets } = await watch(
        home,
        orElse((_asked, response) => {
          if (isOpen) {
            isOpen = false;
            response.writeHead(409).end();
          } else {
            stream(response).flushHeaders();
            isOpen = true;
          }
        }),
        5000,
        3,
        ["--timeout", "1"],
      );
      expect(gets.length).toBeGreaterThan(2);
      expect(gets.length).toBeLessThan(8);
    }),
    20_000,
  );

  test.concurrent(
    "that the server does not offer is not asked for again",
    inHome(async (home) => {
      const { gets } = await watch(
        home,
        orElse((_asked, response) => void response.writeHead(405).end()),
        1500,
        1,
      );
      expect(gets).toHaveLength(1);
    }),
    20_000,
  );
});

test.concurrent(
  "a listen stream that ends at once each time is asked for ever less often",
  inHome(async (home) => {
    const server = home.owns(await startModernServer());
    server.methods["subscriptions/listen"] = (asked) => {
      stream(asked.response);
      acknowledge(asked, {});
      asked.response.end();
    };
    const { child, heard, say, hear, answer } = startBridge(home, [server.url, "--protocol", "2026-07-28"]);
    say(modern(request("l", "subscriptions/listen", { notifications: {} })));
    await hear(({ method }) => method === "notifications/subscriptions/acknowledged");
    await sleep(5000);
    expect(server.count("subscriptions/listen")).toBeGreaterThan(1);
    expect(server.count("subscriptions/listen")).toBeLessThan(6);
    expect(heard).toHaveLength(1);
    child.stdin.end();
    expect((await answer("l")).result.resultType).toBe("complete");
  }),
  20_000,
);
