// A legacy client that gives its handshake up, or begins anew, shakes hands again: at a modern server, too, which knows none.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, refuse, reply, type Script, says, serveScript } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { discovered, startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, cancelled, DISCOVER, INITIALIZED, initialize, modern } from "../support/messages.ts";
import { until } from "../support/waiting.ts";

const home = homeForEachTest();

test("a handshake that was given up, and one that comes again, are answered by a modern server's discovery", async () => {
  const server = home.owns(await startModernServer());
  const discover = server.methods["server/discover"];
  let release = () => {};
  server.methods["server/discover"] = (asked) => {
    release = () => discover?.(asked);
  };
  server.methods["tools/call"] = (asked) => reply(asked, { resultType: "complete", ...says("hi") });
  const { say, answer } = startBridge(home, [server.url]);
  say(initialize("2025-11-25", {}, "first"));
  await until(() => server.count("server/discover") === 1);
  say(cancelled("first"), initialize("2025-11-25", {}, "second"));
  if (discover) server.methods["server/discover"] = discover;
  release();
  for (const id of ["second", "third"]) {
    if (id === "third") say(initialize("2025-11-25", {}, id));
    expect((await answer(id)).result.protocolVersion).toBe("2025-11-25");
    say(INITIALIZED, call(`call after ${id}`));
    expect((await answer(`call after ${id}`)).result).toMatchObject(says("hi"));
  }
});

describe("that a host begins while its question in the modern era has no answer yet is answered", () => {
  const ANSWERS: Record<string, (asked: Asked) => unknown> = {
    modern: (asked) => reply(asked, discovered()),
    legacy: (asked) => refuse(asked, 400, { code: -32600, message: "not initialized" }),
  };
  for (const [era, answerLate] of Object.entries(ANSWERS))
    for (const isGivenUp of [false, true])
      test(`by a ${era} server, ${isGivenUp ? "the question given up" : "which answers both"}`, async () => {
        let release: (() => unknown) | undefined;
        const before = (asked: Asked): boolean => {
          if (asked.method !== "server/discover" || release) return false;
          release = () => answerLate(asked);
          return true;
        };
        const script: Script = (asked) =>
          reply(
            asked,
            asked.method === "server/discover" ? discovered() : { resultType: "complete", ...says("hi") },
          );
        const server = home.owns(
          era === "legacy"
            ? await startLegacyServer(script, { before })
            : await serveScript((asked, response) => {
                if (before(asked)) return;
                if (asked.id === undefined) return response.writeHead(202).end();
                if (asked.method === "initialize")
                  return refuse(asked, 400, { code: -32022, message: "modern alone" });
                return script(asked, response, asked.request);
              }),
        );
        const { say, answer, heard } = startBridge(home, [server.url]);
        say(DISCOVER);
        await until(() => release !== undefined);
        // The last line is answered at once: what stands before it has been read then.
        say(...(isGivenUp ? [cancelled("init")] : []), initialize("2025-11-25", {}, "late"), "{");
        await until(() => heard.some(({ error }) => error?.code === -32700));
        release?.();
        expect((await answer("late")).result?.protocolVersion).toBe("2025-11-25");
        say(INITIALIZED, call("call"));
        expect((await answer("call")).result).toMatchObject(says("hi"));
        expect(heard.filter(({ id }) => id === "init")).toHaveLength(isGivenUp ? 0 : 1);
      });
});

describe("a modern host that asks for a handshake in its own era stays what it is: it is answered once", () => {
  const SERVERS = {
    modern: async () => {
      const server = await startModernServer();
      server.methods["tools/call"] = (asked) => reply(asked, { resultType: "complete", ...says("hi") });
      return server;
    },
    legacy: () => startLegacyServer((asked) => reply(asked, says("hi"))),
  };
  for (const [era, start] of Object.entries(SERVERS))
    for (const isFirst of [true, false])
      test(`by a ${era} server, ${isFirst ? "while it is looked at" : "later"}`, async () => {
        const server = home.owns(await start());
        const { say, answer, heard } = startBridge(home, [server.url]);
        say(DISCOVER);
        if (!isFirst) await answer("init");
        say(modern(initialize("2025-11-25", {}, "handshake")), modern(call("call")));
        await answer("handshake");
        expect((await answer("call")).result).toMatchObject(says("hi"));
        expect(heard.filter(({ id }) => id === "handshake")).toHaveLength(1);
        expect(server.count("server/discover")).toBeLessThan(3);
      });
});

test("at a legacy server, both sessions end with the bridge", async () => {
  const server = home.owns(await startLegacyServer((asked) => reply(asked, says("hi"))));
  const { say, answer, end } = startBridge(home, [server.url]);
  for (const id of ["first", "second"]) {
    say(initialize("2025-11-25", {}, id), INITIALIZED);
    await answer(id);
  }
  say(call("call"));
  expect((await answer("call")).result).toEqual(says("hi"));
  await end();
  const ended = server.seen.flatMap(({ http, session }) => (http === "DELETE" ? [session] : []));
  expect(ended.sort()).toEqual(["s1", "s2"]);
});

test("that a legacy server has not answered by the end leaves no session behind there", async () => {
  const server = home.owns(
    await startLegacyServer((asked) => reply(asked, says("hi")), {
      before: ({ method }): boolean => method === "initialize" && server.count("initialize") > 1,
    }),
  );
  const { say, answer, stop } = startBridge(home, [server.url]);
  say(initialize("2025-11-25", {}, "first"), INITIALIZED);
  await answer("first");
  for (const [at, id] of ["second", "third"].entries()) {
    say(initialize("2025-11-25", {}, id));
    await until(() => server.count("initialize") === at + 2);
  }
  await stop();
  const ended = server.seen.flatMap(({ http, session }) => (http === "DELETE" ? [session] : []));
  expect(ended).toEqual(["s1"]);
});

test("that a legacy server refuses leaves the session that there is", async () => {
  const server = home.owns(
    await startLegacyServer((asked) => reply(asked, says(String(asked.session))), {
      before(asked) {
        if (asked.method !== "initialize" || server.count("initialize") < 2) return false;
        refuse(asked, 400, { code: -32600, message: "Invalid Request: Server already initialized" });
        return true;
      },
    }),
  );
  const { say, answer } = startBridge(home, [server.url]);
  say(initialize("2025-11-25", {}, "first"), INITIALIZED);
  await answer("first");
  say(initialize("2025-11-25", {}, "second"));
  expect((await answer("second")).error).toMatchObject({ code: -32600 });
  say(call("call"));
  expect((await answer("call")).result).toEqual(says("s1"));
});
