// A server that says nothing to a question of the modern era is asked for a handshake as well: what comes first counts, and
// no call is made twice.
import { expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { type Asked, refuse, reply, type Script, says, serveScript } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { complete, discovered } from "../support/mcp/scripted-modern.ts";
import { call, DISCOVER, modern } from "../support/messages.ts";
import { until } from "../support/waiting.ts";

test.concurrent(
  "a modern host at a legacy server that is silent to it has a session, and one answer",
  inHome(async (home) => {
    const server = home.owns(
      await startLegacyServer((asked, response) => {
        if (asked.http === "GET") return response.writeHead(405).end();
        if (asked.session !== undefined) reply(asked, says(asked.session));
      }),
    );
    const { say, answer, heard } = startBridge(home, [server.url]);
    say(DISCOVER, modern(call("call")));
    expect((await answer("init", 20_000)).result?.supportedVersions).toContain("2026-07-28");
    expect((await answer("call")).result).toMatchObject(says("s1"));
    expect(server.count("tools/call")).toBe(1);
    expect(server.count("initialize")).toBe(1);
    expect(heard.filter(({ id }) => id === "init")).toHaveLength(1);
  }),
  60_000,
);

test.concurrent(
  "a server that answers the question late, but before the handshake, is modern; a session is not left behind",
  inHome(async (home) => {
    let late: Asked | undefined;
    const script: Script = (asked, response) => {
      if (asked.http !== "POST") return response.writeHead(405).end();
      if (asked.id === undefined) return response.writeHead(202).end();
      if (asked.method === "server/discover") late = asked;
      else if (asked.method === "initialize") reply(late ?? asked, discovered());
      else complete(asked, says("hi"));
    };
    const server = home.owns(await serveScript(script));
    const { say, answer, heard, end } = startBridge(home, [server.url]);
    say(DISCOVER, modern(call("call")));
    expect((await answer("init", 20_000)).result?.supportedVersions).toEqual(["2026-07-28"]);
    expect((await answer("call")).result).toMatchObject(says("hi"));
    expect(server.count("tools/call")).toBe(1);
    expect(heard.filter(({ id }) => id === "init")).toHaveLength(1);
    const handshake = server.seen.find(({ method }) => method === "initialize");
    await until(() => handshake?.response.destroyed === true);
    expect(await end()).toBe(0);
  }),
  60_000,
);

test.concurrent(
  "a server that refuses the handshake is waited for; what it says late is told",
  inHome(async (home) => {
    let late: Asked | undefined;
    const server = home.owns(
      await serveScript((asked, response) => {
        if (asked.http !== "POST") return response.writeHead(405).end();
        if (asked.method === "server/discover") {
          late = asked;
          return;
        }
        if (asked.method !== "initialize") return complete(asked, says("hi"));
        refuse(asked, 400, { code: -32022, message: "modern alone" });
        if (late) reply(late, discovered());
      }),
    );
    const { say, answer } = startBridge(home, [server.url]);
    say(DISCOVER, modern(call("call")));
    expect((await answer("init", 20_000)).result?.supportedVersions).toEqual(["2026-07-28"]);
    expect((await answer("call")).result).toMatchObject(says("hi"));
  }),
  60_000,
);

test.concurrent(
  "a call that is itself the question is not made again while the server may be at work on it",
  inHome(async (home) => {
    const server = home.owns(
      await startLegacyServer((asked, response) => {
        if (asked.http === "GET") return response.writeHead(405).end();
        // Longer than a question may be silent.
        setTimeout(() => complete(asked, says("made")), 6000);
      }),
    );
    const { code, stdout } = await home.run([server.url, "request", "tools/call", "name=x"]);
    expect(code).toBe(0);
    expect(stdout).toContain("made");
    expect(server.count("tools/call")).toBe(1);
    expect(server.count("initialize")).toBe(0);
  }),
  60_000,
);
