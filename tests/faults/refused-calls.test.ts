// A call that the server refuses under the status and the codes of a lost session, but names: it may have been carried out.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { inHome } from "../support/home.ts";
import { refuse, reply, says } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, DISCOVER, INITIALIZED, initialize, modern } from "../support/messages.ts";

describe("a call that 404 refuses in its own name", () => {
  for (const code of [-32000, -32001])
    for (const era of ["legacy", "modern"])
      test.concurrent(
        `with ${code} is not made again while the session is there, for a ${era} host`,
        inHome(async (home) => {
          const server = home.owns(
            await startLegacyServer((asked, response) => {
              if (asked.http === "GET" || asked.session === undefined) return response.writeHead(405).end();
              if (asked.method !== "tools/call") return reply(asked, {});
              return refuse(asked, 404, { code, message: "order 17 is not there any more" });
            }),
          );
          const { say, answer } = startBridge(home, [server.url]);
          if (era === "legacy") say(initialize(), INITIALIZED, call("call"));
          else say(DISCOVER, modern(call("call")));
          expect((await answer("call")).error).toMatchObject({
            code,
            message: "order 17 is not there any more",
          });
          expect(server.count("tools/call")).toBe(1);
          expect(server.count("initialize")).toBe(1);
        }),
        30_000,
      );

  test.concurrent(
    "is made again where a ping shows that the session is gone, in whatever words",
    inHome(async (home) => {
      let gone = false;
      const server = home.owns(
        await startLegacyServer((asked, response) => {
          if (asked.http === "GET") return response.writeHead(405).end();
          if (gone && asked.session === "s1")
            return refuse(asked, 404, { code: -32001, message: "会话不存在" });
          return reply(asked, asked.method === "tools/call" ? says(`${asked.session}`) : {});
        }),
      );
      const { say, answer } = startBridge(home, [server.url]);
      say(initialize(), INITIALIZED, call(1));
      expect((await answer(1)).result).toEqual(says("s1"));
      gone = true;
      say(call(2));
      expect((await answer(2)).result).toEqual(says("s2"));
      expect(server.count("initialize")).toBe(2);
    }),
    30_000,
  );
});
