// Two replicas behind a balancer that keeps a client at one of them by a cookie.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { json } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, INITIALIZED } from "../support/messages.ts";

const home = homeForEachTest();

/** Each replica knows the sessions that it gave out; who brings no cookie is sent to one after the other. */
async function startReplicas() {
  let turn = 0;
  const sessions: string[][] = [[], []];
  const server = await startLegacyServer(
    ({ id, http }, response) => {
      if (http === "GET") return void response.writeHead(405).end();
      json(response, { jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "ok" }], tools: [] } });
    },
    {
      sessions: false,
      before({ request, method, session, id }, response) {
        const told = /replica=(\d)/.exec(request.headers.cookie ?? "")?.[1];
        const at = told === undefined ? turn++ % 2 : Number(told);
        if (told === undefined) response.setHeader("set-cookie", `replica=${at}; Path=/; HttpOnly`);
        if (method === "initialize") {
          const opened = `s${at}-${sessions[at]?.length}`;
          sessions[at]?.push(opened);
          response.setHeader("mcp-session-id", opened);
          return false;
        }
        if (session !== undefined && sessions[at]?.includes(session)) return false;
        if (method === "server/discover") return false;
        json(
          response,
          { jsonrpc: "2.0", id: id ?? null, error: { code: -32001, message: "Session not found" } },
          404,
        );
        return true;
      },
    },
  );
  return home.owns(server);
}

describe("a server that keeps its clients apart by cookies", () => {
  test("keeps one session through a bridge", async () => {
    const server = await startReplicas();
    const { say, answer } = startBridge(home, [server.url]);
    say(INITIALIZE, INITIALIZED);
    await answer(1);
    for (let id = 10; id < 20; id++) {
      say(call(id));
      expect((await answer(id)).result).toBeDefined();
    }
    expect(server.count("initialize")).toBe(1);
  });

  test("keeps it for the commands that go on with the session", async () => {
    const server = await startReplicas();
    for (let run = 0; run < 4; run++) {
      const { code, stderr } = await home.run([server.url, "tools-list"]);
      expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    }
    expect(server.count("initialize")).toBe(1);
  });
});
