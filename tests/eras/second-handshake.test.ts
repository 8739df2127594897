// A legacy client that gives its handshake up, or begins anew, shakes hands again: at a modern server, too, which knows none.
import { expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { refuse, reply, says } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, cancelled, INITIALIZED, initialize } from "../support/messages.ts";
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
