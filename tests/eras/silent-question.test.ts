// A server that says nothing to a question of the modern era is asked for a handshake as well: what comes first counts, and
// no call is made twice.
import { expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { type Home, inHome } from "../support/home.ts";
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

const OPENED = { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: { name: "x", version: "1" } };

/** Answers only once a handshake has come, as a server that starts late: what came before, in order. */
async function startLate(home: Home, answerNow: Script) {
  let isLate = true;
  const waiting: (() => unknown)[] = [];
  const server = home.owns(
    await serveScript((asked, response) => {
      if (asked.http === "DELETE") return response.writeHead(200).end();
      if (asked.http !== "POST") return response.writeHead(405).end();
      if (asked.id === undefined) return response.writeHead(202).end();
      const answer = () => {
        if (asked.method !== "initialize") return answerNow(asked, response, asked.request);
        response.setHeader("mcp-session-id", `s${server.count("initialize")}`);
        return reply(asked, OPENED);
      };
      if (!isLate) return answer();
      waiting.push(answer);
      if (asked.method !== "initialize") return;
      isLate = false;
      for (const go of waiting) go();
    }),
  );
  return server;
}

test.concurrent(
  "a legacy server that refuses the question late, and then shakes hands, has one session, which is ended",
  inHome(async (home) => {
    const server = await startLate(home, (asked) =>
      asked.session === undefined
        ? refuse(asked, 400, { code: -32000, message: "no session" })
        : reply(asked, says(asked.session)),
    );
    const { say, answer, end } = startBridge(home, [server.url]);
    say(DISCOVER, modern(call("call")));
    expect((await answer("call", 20_000)).result).toMatchObject(says("s1"));
    expect(server.count("initialize")).toBe(1);
    expect(await end()).toBe(0);
    expect(server.requests.filter((asked) => asked === "DELETE")).toHaveLength(1);
  }),
  60_000,
);

test.concurrent(
  "a server of both eras that answers both late is modern, now and for the next command, and the session is ended",
  inHome(async (home) => {
    const tools = [{ name: "x", inputSchema: { type: "object" } }];
    const server = await startLate(home, async (asked) => {
      if (asked.method === "tools/list") return complete(asked, { tools, ttlMs: 0, cacheScope: "private" });
      await until(() => server.requests.includes("DELETE"));
      return complete(asked, says("hi"));
    });
    for (const _ of ["asks", "remembers"])
      expect((await home.run([server.url, "tools-call", "x"])).stdout).toContain("hi");
    expect(server.count("initialize")).toBe(1);
    const inSession = server.seen.filter(({ session }) => session !== undefined);
    expect(inSession.map(({ http, method }) => method || http).sort()).toEqual([
      "DELETE",
      "notifications/initialized",
    ]);
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
