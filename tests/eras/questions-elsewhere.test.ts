// Questions that a server asks outside of the answer: on the standalone stream, as `elicitInput` of the official SDK does.
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { homeForEachTest } from "../support/home.ts";
import { startMcpServer } from "../support/mcp/mcp-server.ts";
import { reply, says } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { atTerminal, KEYS } from "../support/terminal.ts";

const home = homeForEachTest();

function asking(): McpServer {
  const server = new McpServer({ name: "asks", version: "1" });
  server.registerTool("ask", {}, async () => {
    const { action, content } = await server.server.elicitInput({
      message: "Your name?",
      requestedSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
    });
    return { content: [{ type: "text", text: `${action} ${content?.name ?? ""}`.trim() }] };
  });
  server.registerTool("say", {}, () => ({ content: [{ type: "text", text: "hello" }] }));
  return server;
}

const start = async () => home.owns(await startMcpServer({ create: asking }));

describe("a question on the standalone stream", () => {
  test("is put to the person, in a new session and in one that an earlier command left", async () => {
    const { url, requests } = await start();
    for (const name of ["Ada", "Bo"]) {
      const screen = atTerminal(home, [url, "tools-call", "ask"]);
      await screen.answer(/Your name\?[\s\S]*name: /, `${name}${KEYS.enter}`);
      expect(await screen.ended).toBe(0);
      expect(screen.text()).toContain(`accept ${name}`);
    }
    expect(requests.filter(({ body }) => body.includes('"initialize"'))).toHaveLength(1);
  });

  test("is answered by --answers", async () => {
    const { url } = await start();
    const answers = join(home.folder, "answers.json");
    writeFileSync(answers, '{"name":"Ada"}');
    expect(await home.run([url, "tools-call", "ask", "--answers", answers])).toMatchObject({
      code: 0,
      stdout: "accept Ada\n",
    });
  });

  test("is heard after the server forgot the session", async () => {
    const server = await start();
    for (const name of ["Ada", "Bo"]) {
      const screen = atTerminal(home, [server.url, "tools-call", "ask"]);
      await screen.answer(/name: /, `${name}${KEYS.enter}`);
      expect(await screen.ended).toBe(0);
      server.forgetSessions();
    }
  });
});

describe("the stream is no burden:", () => {
  test("who can answer nothing has no request for it", async () => {
    const { url, requests } = await start();
    expect((await home.run([url, "tools-call", "say"])).stdout).toBe("hello\n");
    expect(requests.filter(({ method }) => method === "GET")).toEqual([]);
  });

  test.each([
    ["refuses it", 405],
    ["never answers", 0],
  ])("a server that %s is called all the same", async (_, status) => {
    const server = home.owns(
      await startLegacyServer((asked, response) => {
        if (asked.http !== "GET") return reply(asked, says("hi"));
        if (status > 0) response.writeHead(status).end();
      }),
    );
    const screen = atTerminal(home, [server.url, "tools-call", "x", "--no-check"]);
    expect(await screen.ended).toBe(0);
    expect(screen.text()).toContain("hi");
  });
});
