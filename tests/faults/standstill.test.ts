// A process that stands still (SIGSTOP, as a laptop that sleeps) hears nothing meanwhile: that is not the server's silence.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { keepSaying, result, sse, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, INITIALIZED } from "../support/messages.ts";
import { sleep } from "../support/waiting.ts";

describe("a bridge that stood still for longer than its timeout", () => {
  for (const talks of [true, false])
    test.concurrent(
      `goes on with its calls, though the server ${talks ? "talked on" : "was silent"} meanwhile`,
      inHome(async (home) => {
        const server = await startLegacyServer(({ http, id }, response) => {
          if (http === "GET") return void response.writeHead(405).end();
          stream(response);
          if (talks) keepSaying(response, ": still here\n\n", 300);
          setTimeout(() => response.end(sse(result(id))), 8000);
        });
        const { url } = home.owns(server);
        const { child, say, answer, stop } = startBridge(home, [url, "--timeout", "3"]);
        say(INITIALIZE, INITIALIZED, call(2));
        await answer(1);
        await sleep(500);
        child.kill("SIGSTOP");
        await sleep(6000);
        child.kill("SIGCONT");
        expect((await answer(2, 8000)).result).toEqual({ text: "ok" });
        await stop();
      }),
      30_000,
    );

  test.concurrent(
    "goes on with its calls, though it stood still for longer than they may take in all",
    inHome(async (home) => {
      const server = await startLegacyServer(({ http, id }, response) => {
        if (http === "GET") return void response.writeHead(405).end();
        stream(response);
        keepSaying(response, ": still here\n\n", 200);
        setTimeout(() => response.end(sse(result(id))), 10_500);
      });
      const { url } = home.owns(server);
      const { child, say, answer, stop } = startBridge(home, [url, "--timeout", "1"]);
      say(INITIALIZE, INITIALIZED, call(2));
      await answer(1);
      await sleep(500);
      child.kill("SIGSTOP");
      await sleep(8000);
      child.kill("SIGCONT");
      expect((await answer(2, 8000)).result).toEqual({ text: "ok" });
      await stop();
    }),
    30_000,
  );
});
