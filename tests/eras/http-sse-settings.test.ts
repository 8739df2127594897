// What a client set is told again to a server of the old transport, beside the requests.
import { expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { event, says, serveScript, stream } from "../support/mcp/scripted.ts";
import { call, INITIALIZED, initialize, request } from "../support/messages.ts";

for (const [what, ends] of [
  ["makes the server ask something", true],
  ["is never answered", false],
] as const)
  test.concurrent(
    `a setting that ${what} when it is repeated holds up no call`,
    inHome(async (home) => {
      const streams = new Map<string, ServerResponse>();
      const waiting = new Map<unknown, () => void>();
      let [opened, questions, isRestarted] = [0, 0, false];
      const server = home.owns(
        await serveScript((asked, response, { url = "" }) => {
          const id = new URL(url, "http://x").searchParams.get("session");
          if (asked.http === "GET") {
            streams.set(`${++opened}`, stream(response));
            return response.write(`event: endpoint\ndata: /message?session=${opened}\n\n`);
          }
          const to = streams.get(id ?? "");
          if (!to) return response.writeHead(id === null ? 405 : 404).end();
          response.writeHead(202).end();
          const reply = (result: object) => event(to, { id: asked.id, result });
          if (asked.method === "") return waiting.get(asked.id)?.();
          if (asked.method === "initialize")
            return reply({
              protocolVersion: "2024-11-05",
              capabilities: {},
              serverInfo: { name: "old", version: "1" },
            });
          if (asked.method !== "resources/subscribe")
            return asked.id === undefined ? undefined : reply(says("hi"));
          if (isRestarted && !ends) return undefined;
          const question = `q${++questions}`;
          waiting.set(question, () => reply({}));
          return event(to, { id: question, method: "sampling/createMessage", params: {} });
        }),
      );
      const it = startBridge(home, [server.url]);
      it.say(
        initialize("2024-11-05", { sampling: {} }),
        INITIALIZED,
        request("s", "resources/subscribe", { uri: "a:b" }),
      );
      const answerQuestion = async (id: string) => {
        await it.hear((line) => line.id === id && line.method !== undefined);
        it.say({
          jsonrpc: "2.0",
          id,
          result: { model: "m", role: "assistant", content: { type: "text", text: "x" } },
        });
      };
      await answerQuestion("q1");
      await it.answer("s");
      isRestarted = true;
      for (const one of streams.values()) one.destroy();
      streams.clear();
      const startedMs = performance.now();
      it.say(call("after"));
      if (ends) await answerQuestion("q2");
      expect((await it.answer("after")).result).toEqual(says("hi"));
      // The way back to an old server takes a second by itself.
      expect(performance.now() - startedMs).toBeLessThan(4000);
    }),
    30_000,
  );
