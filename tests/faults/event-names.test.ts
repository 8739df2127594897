// What an event stream carries: messages in events of their own name alone, answers that can be read, and errors in words.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { says, serveScript, sse, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, INITIALIZED, initialize } from "../support/messages.ts";
import { until } from "../support/waiting.ts";

const home = homeForEachTest();

const answer = (id: unknown, text: string) =>
  JSON.stringify({ jsonrpc: "2.0", id, result: { resultType: "complete", ...says(text) } });
/** What a server writes in answer to a call of a tool, by the tool's name. */
const WRITES: Record<string, (id: unknown) => string> = {
  endpoint: (id) => `event: endpoint\ndata: ${answer(id, "wrong")}\n\n${sse(answer(id, "right"))}`,
  ping: (id) =>
    `event: ping\ndata: ${answer(id, "wrong")}\n\nevent: heartbeat\ndata: 2026-01-01T00:00:00Z\n\n${sse(answer(id, "right"))}`,
  named: (id) => `event: message\ndata: ${answer(id, "right")}\n\n`,
  unnamed: (id) => `event:\ndata: ${answer(id, "right")}\n\n`,
  "not JSON": () => 'event: message\ndata: {"jsonrpc": "2.0", "id": 1, result: oops}\n\n',
  "not a number": (id) => sse(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"n":NaN}}`),
  html: () => sse("<html>gateway</html>"),
  "html with an id": (id) =>
    `id: 7\nretry: 10\n${sse(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"n":Infinity}}`)}`,
  error: () => 'event: error\ndata: {"message":"upstream is down"}\n\n',
};
const legacyServer = () =>
  startLegacyServer(({ http, id, params }, response) => {
    if (http === "GET") return response.writeHead(405).end();
    return stream(response).end(WRITES[params.name]?.(id));
  });
const modernServer = async () => {
  const server = await startModernServer();
  server.methods["tools/call"] = ({ id, params, response }) =>
    stream(response).end(WRITES[params.name]?.(id));
  return server;
};

for (const [era, make] of [
  ["legacy", legacyServer],
  ["modern", modernServer],
] as const)
  describe(`in an answer of a ${era} server`, () => {
    test("only messages count, what cannot be read is told as that, and an error with its words", async () => {
      const { say, answer: answerTo } = startBridge(home, [home.owns(await make()).url]);
      say(initialize(), INITIALIZED);
      await answerTo("init");
      for (const name of Object.keys(WRITES)) say(call(name, name));
      for (const name of ["endpoint", "ping", "named", "unnamed"])
        expect((await answerTo(name)).result).toMatchObject(says("right"));
      for (const name of ["not JSON", "not a number", "html", "html with an id"]) {
        const { error } = await answerTo(name);
        expect(error.data.code).toBe("invalid_answer");
        expect(error.message).toContain("not valid JSON");
      }
      expect((await answerTo("error")).error.message).toContain("upstream is down");
    });
  });

test("on the standalone stream other events are no messages, and what cannot be read ends nothing", async () => {
  const news = (n: number) => `{"jsonrpc":"2.0","method":"notifications/n","params":{"n":${n}}}`;
  const server = home.owns(
    await startLegacyServer(({ http, id }, response) => {
      if (http !== "GET")
        return response.writeHead(200, { "content-type": "application/json" }).end(answer(id, "hi"));
      return stream(response).write(
        `event: ping\ndata: ${news(1)}\n\nevent: error\ndata: {"message":"x"}\n\n${sse("<html>", news(2))}event: endpoint\ndata: /x\n\n${sse(news(3))}`,
      );
    }),
  );
  const { say, heard, answer: answerTo } = startBridge(home, [server.url]);
  say(initialize(), INITIALIZED, call(1));
  await answerTo(1);
  await until(() => heard.some(({ params }) => params?.n === 3));
  expect(heard.filter(({ method }) => method === "notifications/n").map(({ params }) => params.n)).toEqual([
    2, 3,
  ]);
});

test("on the stream of the old transport, too", async () => {
  let to: Parameters<typeof stream>[0] | undefined;
  const server = home.owns(
    await serveScript(({ http, method, id, params }, response, { url }) => {
      if (http === "GET") {
        to = stream(response);
        return to.write("event: endpoint\ndata: /message\n\n");
      }
      if (url !== "/message") return response.writeHead(405).end();
      response.writeHead(202).end();
      if (method === "initialize")
        return to?.write(
          sse(
            JSON.stringify({
              jsonrpc: "2.0",
              id,
              result: {
                protocolVersion: "2024-11-05",
                capabilities: {},
                serverInfo: { name: "old", version: "1" },
              },
            }),
          ),
        );
      return id === undefined ? undefined : to?.write(WRITES[params.name]?.(id) ?? "");
    }),
  );
  const { say, answer: answerTo } = startBridge(home, [server.url]);
  say(initialize(), INITIALIZED, call("ping", "ping"), call("not a number", "not a number"));
  expect((await answerTo("ping")).result).toMatchObject(says("right"));
  expect((await answerTo("not a number", 10_000)).error.data.code).toBe("invalid_answer");
});
