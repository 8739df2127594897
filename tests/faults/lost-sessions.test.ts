// Sessions that a server forgot, in all the words that servers have for it, under a bridge and under one-off commands.
import { expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { type Home, inHome } from "../support/home.ts";
import {
  type Asked,
  json,
  refuse,
  reply,
  type Script,
  says,
  serveScript,
  sse,
  stream,
} from "../support/mcp/scripted.ts";
import { legacy, startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZED, initialize, request } from "../support/messages.ts";
import { until } from "../support/waiting.ts";

const text =
  (status: number, words: string) =>
  ({ response }: Asked) =>
    response.writeHead(status, { "content-type": "text/plain" }).end(words);

const SAID: [what: string, refuse: (asked: Asked) => unknown][] = [
  [
    "400, -32000 No valid session ID",
    (asked) => refuse(asked, 400, { code: -32000, message: "Bad Request: No valid session ID provided" }),
  ],
  ["400 in text", text(400, "Session not found")],
  ["400 in a name for programs", ({ response }) => json(response, { error: "SESSION_NOT_FOUND" }, 400)],
  ["404 with nothing", ({ response }) => response.writeHead(404).end()],
  ["404, { detail }", ({ response }) => json(response, { detail: "Session not found" }, 404)],
  ["404, in words of its own", text(404, "No session found for id s1")],
  ["401 without a challenge", ({ response }) => json(response, { error: "Session expired or unknown" }, 401)],
  ["403 in text", text(403, "The session is no longer valid")],
  ["410 in text", text(410, "Session was destroyed")],
  ["422 in text", text(422, "unknown Mcp-Session-Id")],
  [
    "500, session not found",
    ({ response, session }) => json(response, { error: `session ${session} not found` }, 500),
  ],
  ["503 in text", text(503, "Could not find session")],
  [
    "200, -32001 Session not found",
    (asked) => refuse(asked, 200, { code: -32001, message: "Session not found" }),
  ],
  [
    "200, -32000 Server not initialized",
    (asked) => refuse(asked, 200, { code: -32000, message: "Server not initialized" }),
  ],
  [
    "200 in SSE",
    ({ id, response }) =>
      stream(response).end(
        sse(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32001, message: "Session not found" } })),
      ),
  ],
  [
    "400 in SSE",
    ({ response }) =>
      response
        .writeHead(400, { "content-type": "text/event-stream" })
        .end(sse('{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Session terminated"}}')),
  ],
];

/** A server that forgets sessions when it is told to, and says so in its way; a call is answered with its session. */
async function forgetful(home: Home, how: (asked: Asked) => unknown) {
  const state = { forgotten: 0 };
  const server = home.owns(
    await startLegacyServer(
      (asked, response) =>
        asked.http === "GET" ? response.writeHead(405).end() : reply(asked, says(`${asked.session}`)),
      {
        before(asked) {
          if (asked.http !== "POST" || asked.method === "initialize") return false;
          const isLost = asked.session === undefined || Number(asked.session.slice(1)) <= state.forgotten;
          if (isLost && asked.method.startsWith("tools/")) how(asked);
          return isLost && asked.method.startsWith("tools/");
        },
      },
    ),
  );
  return { server, state };
}

for (const [what, how] of SAID)
  test.concurrent(
    `a session lost with ${what} is opened again, once, and the call is sent there`,
    inHome(async (home) => {
      const { server, state } = await forgetful(home, how);
      const { say, answer, stop } = startBridge(home, [server.url]);
      say(initialize(), INITIALIZED, call(1));
      expect((await answer(1)).result).toEqual(says("s1"));
      state.forgotten = 1;
      say(call(2), call(3));
      expect((await answer(2)).result).toEqual(says("s2"));
      expect((await answer(3)).result).toEqual(says("s2"));
      expect(server.count("initialize")).toBe(2);
      await stop();
      // A one-off command leaves a session; the next goes on in it, or in another.
      const once = () => home.run([server.url, "tools-call", "echo"]);
      expect(await once()).toMatchObject({ code: 0, stdout: "s3\n" });
      state.forgotten = 3;
      expect(await once()).toMatchObject({ code: 0, stdout: "s4\n" });
      expect(await once()).toMatchObject({ code: 0, stdout: "s4\n" });
      expect(server.count("initialize")).toBe(4);
    }),
    60_000,
  );

test.concurrent(
  "settings that are repeated hold up no call, though the server leaves the streams of its refusals open",
  inHome(async (home) => {
    let open = 0;
    const state = { alive: "s1" };
    const script: Script = (asked, response) => {
      if (asked.http === "GET") return response.writeHead(405).end();
      if (!["logging/setLevel", "resources/subscribe"].includes(asked.method))
        return reply(asked, says("hi"));
      open++;
      response.on("close", () => open--);
      const error = { code: -32601, message: "Method not found" };
      return stream(response).write(sse(JSON.stringify({ jsonrpc: "2.0", id: asked.id, error })));
    };
    const server = home.owns(
      await serveScript(
        legacy(script, {
          before(asked, response) {
            if (asked.http !== "POST" || asked.method === "initialize" || asked.session === state.alive)
              return false;
            response.writeHead(404).end();
            return true;
          },
        }),
      ),
    );
    const { say, answer } = startBridge(home, [server.url]);
    say(initialize(), INITIALIZED, request("level", "logging/setLevel", { level: "debug" }));
    expect((await answer("level")).error.code).toBe(-32601);
    say(call(1));
    await answer(1);
    state.alive = "s2";
    const startedMs = performance.now();
    say(call(2));
    expect((await answer(2)).result).toEqual(says("hi"));
    // Where it waited for them, it would be five seconds.
    expect(performance.now() - startedMs).toBeLessThan(4500);
    await until(() => open === 0);
  }),
  30_000,
);

const NO_SESSION = { code: -32000, message: "Bad Request: No valid session ID provided" };
for (const [status, error] of [[404], [400, NO_SESSION]] as const)
  test.concurrent(
    `a call whose question is answered in a session that the server forgot meanwhile (${status}) ends, though its stream is left open`,
    inHome(async (home) => {
      let forgotten = "";
      const server = home.owns(
        await startLegacyServer(
          (asked) => {
            if (asked.http === "GET") return asked.response.writeHead(405).end();
            if (asked.params?.name !== "asks") return reply(asked, says(String(asked.session)));
            forgotten = String(asked.session);
            const question = { jsonrpc: "2.0", id: "q", method: "roots/list" };
            stream(asked.response).write(sse(JSON.stringify(question)));
          },
          {
            before({ session, response }) {
              if (session === undefined || session !== forgotten) return false;
              response
                .writeHead(status, { "content-type": "application/json" })
                .end(error && JSON.stringify({ jsonrpc: "2.0", error, id: null }));
              return true;
            },
          },
        ),
      );
      const { say, answer, hear } = startBridge(home, [server.url]);
      say(initialize("2025-11-25", { roots: {} }), INITIALIZED);
      await answer("init");
      say(call(1, "asks"));
      await hear(({ method }) => method === "roots/list");
      say({ jsonrpc: "2.0", id: "q", result: { roots: [] } });
      expect((await answer(1)).error.data.code).toBe("session_lost");
      say(call(2));
      expect((await answer(2)).result).toEqual(says("s2"));
    }),
  );
