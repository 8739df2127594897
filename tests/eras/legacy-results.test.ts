// Results of legacy servers that a client of their era takes, and one of the modern era would have to refuse.
import { expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { reply, says } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, DISCOVER, INITIALIZED, initialize, modern } from "../support/messages.ts";

const home = homeForEachTest();

const RESULTS: [what: string, result: object, modernly: object][] = [
  ["a type of its own", { ...says("hi"), resultType: "streamed" }, says("hi")],
  ["no content", { structuredContent: { a: 1 } }, { structuredContent: { a: 1 }, content: [] }],
];

for (const [what, result, modernly] of RESULTS)
  test(`a result with ${what} is as it was for a legacy host, and complete for a modern one`, async () => {
    const server = home.owns(
      await startLegacyServer((asked, response) => {
        if (asked.http === "GET" || asked.session === undefined) return response.writeHead(405).end();
        return reply(asked, result);
      }),
    );
    const legacy = startBridge(home, [server.url]);
    legacy.say(initialize(), INITIALIZED, call("call"));
    expect((await legacy.answer("call")).result).toEqual(result);
    const { say, answer } = startBridge(home, [server.url]);
    say(DISCOVER, modern(call("call")));
    expect((await answer("call")).result).toMatchObject({ ...modernly, resultType: "complete" });
  });
