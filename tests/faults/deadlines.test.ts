// Requests that take too long in all, however much a server says meanwhile.
import { describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { startBridge } from "../support/bridge.ts";
import { type Home, inHome } from "../support/home.ts";
import { type Asked, json, keepSaying, reply, result, type Script } from "../support/mcp/scripted.ts";
import { type LegacyOptions, startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { discovered } from "../support/mcp/scripted-modern.ts";
import { call, INITIALIZE, INITIALIZED } from "../support/messages.ts";

const serve = async (home: Home, script: Script, options?: LegacyOptions) =>
  home.owns(await startLegacyServer(script, options));

test.concurrent(
  "a request that takes too long in all is cancelled at the server",
  inHome(async (home) => {
    const server = await serve(home, (_asked, response) => {
      keepSaying(response, ": still here\n\n", 100);
    });
    const { child, say, answer } = startBridge(home, [server.url, "--timeout", "1"]);
    const startedMs = performance.now();
    say(INITIALIZE, call(2));
    const { error } = await answer(2);
    expect(performance.now() - startedMs).toBeGreaterThan(5900);
    expect(error.message).toContain("6 s");
    child.stdin.end();
    await new Promise((resolve) => child.on("close", resolve));
    expect(server.seen.find(({ method }) => method === "notifications/cancelled")?.params.requestId).toBe(2);
  }),
  30_000,
);

describe("a first handshake that trickles for ever fails what waits behind it too, and the next one goes on:", () => {
  for (const era of ["legacy", "modern"] as const)
    test.concurrent(
      era,
      inHome(async (home) => {
        const first = era === "legacy" ? "initialize" : "server/discover";
        let tries = 0;
        const server = await serve(home, ({ id }, response) => json(response, result(id)), {
          before: (asked, response) => {
            if (asked.method !== first) return false;
            if (++tries > 1 && era === "legacy") return false;
            if (tries > 1) reply(asked, discovered());
            else keepSaying(response, ": still here\n\n", 100);
            return true;
          },
        });
        const args = era === "modern" ? ["--protocol", "2026-07-28"] : [];
        const { say, answer, end } = startBridge(home, [server.url, "--timeout", "1", ...args]);
        say(INITIALIZE, INITIALIZED, call(2));
        for (const id of [1, 2]) expect((await answer(id)).error.data.code).toBe("timeout");
        expect(tries).toBe(1);
        say({ ...INITIALIZE, id: "again" });
        expect((await answer("again")).result.serverInfo).toBeDefined();
        say(INITIALIZED, call(3));
        expect((await answer(3)).result.text).toBe("ok");
        expect(await end()).toBe(0);
      }),
      30_000,
    );
});

for (const args of [["ping"], ["tools-list"], ["show"]])
  test.concurrent(
    `a one-off ${args[0]} that takes too long in all fails`,
    inHome(async (home) => {
      const isSilent = (_asked: Asked, response: ServerResponse) => {
        keepSaying(response, ": still here\n\n", 100);
        return true;
      };
      // One that shakes hands is asked for that where it is silent to the first question, and has told what is to be shown.
      const server = await serve(home, isSilent, args[0] === "show" ? { before: isSilent } : {});
      const startedMs = performance.now();
      const { code, stderr } = await home.run([...args, server.url, "--timeout", "1"]);
      expect(code).toBe(3);
      expect(stderr).toContain("kept the request open for 6 s without answering it");
      expect(performance.now() - startedMs).toBeLessThan(20_000);
    }),
    30_000,
  );
