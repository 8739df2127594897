// Streams of calls that break off and can be resumed: what passes is waited for, and what became of a call is never guessed.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { collect, type Home, inHome } from "../support/home.ts";
import { result, type Script, sse, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZED, initialize } from "../support/messages.ts";
import { until } from "../support/waiting.ts";

/** A server whose calls break off after an event with an id; `resume` takes their resumption. */
const breaking = async (home: Home, resume: Script, leavesOpen = false) => {
  const server = await startLegacyServer((asked, response, request) => {
    if (asked.http === "GET") {
      if (asked.lastEventId === undefined) return response.writeHead(405).end();
      return resume(asked, response, request);
    }
    stream(response).write('id: e1\nretry: 50\ndata: {"jsonrpc":"2.0","method":"notifications/x"}\n\n');
    return leavesOpen ? undefined : response.end();
  });
  return home.owns(server);
};

describe("a resumption that is refused for now is tried again, and the answer comes after all:", () => {
  for (const status of [408, 409, 425, 429, 500, 502, 503])
    test.concurrent(
      `${status}`,
      inHome(async (home) => {
        let tries = 0;
        const server = await breaking(home, (_asked, response) =>
          ++tries === 1
            ? response.writeHead(status).end()
            : stream(response).end(`id: e2\n${sse(result(1, "late"))}`),
        );
        const { say, answer } = startBridge(home, [server.url]);
        say(initialize(), INITIALIZED, call(1));
        expect((await answer(1)).result.text).toBe("late");
        expect(tries).toBe(2);
      }),
      30_000,
    );
});

describe("a call whose server is killed and stays dead is told as one of unknown outcome, not as one that was never sent:", () => {
  test.concurrent(
    "under a bridge",
    inHome(async (home) => {
      const server = await breaking(home, () => {}, true);
      const { say, answer, hear } = startBridge(home, [server.url, "--timeout", "2"]);
      say(initialize(), INITIALIZED, call(1));
      await hear(({ method }) => method === "notifications/x");
      await server.stop();
      const { error } = await answer(1, 30_000);
      expect(error.data.code).toBe("stream_cut");
      expect(error.message).toContain("not known");
    }),
    60_000,
  );

  test.concurrent(
    "under a command",
    inHome(async (home) => {
      const server = await breaking(home, () => {}, true);
      // By the request alone: tools-call asks for the list of tools before.
      const child = home.start([server.url, "request", "tools/call", "name=echo", "--timeout", "2"]);
      const ended = collect(child);
      await until(() => server.count("tools/call") === 1);
      await server.stop();
      const { code, stderr } = await ended;
      expect(code).toBe(3);
      expect(stderr).toContain("not known");
    }),
    60_000,
  );
});
