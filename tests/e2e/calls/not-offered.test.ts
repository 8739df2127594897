// Servers that do not know what is asked of them, since they offer nothing of the kind: that is said beside their -32601.
import { describe, expect, test } from "bun:test";
import { inHome } from "../../support/home.ts";
import { startCountingServer } from "../../support/mcp/counting-server.ts";
import { refuse } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { startModernServer } from "../../support/mcp/scripted-modern.ts";

const NOT_FOUND = { code: -32601, message: "Method not found" };
const ERROR = "error: the server answered with error -32601: Method not found\n";

const servers = {
  "legacy, with sessions": () => startCountingServer(),
  "legacy, without": () => startLegacyServer((asked) => refuse(asked, 200, NOT_FOUND), { sessions: false }),
  async modern() {
    const server = await startModernServer();
    server.capabilities = { tools: {} };
    for (const method of [
      "prompts/list",
      "prompts/get",
      "resources/list",
      "resources/templates/list",
      "resources/read",
      "completion/complete",
    ])
      server.methods[method] = (asked) => refuse(asked, 404, NOT_FOUND);
    return server;
  },
};

describe.each(Object.keys(servers) as (keyof typeof servers)[])("a server of tools alone: %s", (kind) => {
  for (const [words, offered] of [
    [["prompts-list"], "prompts"],
    [["prompts-get", "p"], "prompts"],
    [["resources-list"], "resources"],
    [["resources-templates-list"], "resources"],
    [["resources-read", "memo://one"], "resources"],
    [["complete", "p", "a="], "completion"],
  ] as const)
    test.concurrent(
      words.join(" "),
      inHome(async (home) => {
        const { url } = home.owns(await servers[kind]());
        const hint = `the server offers no ${offered}: its capabilities are tools`;
        // The second goes on with what the first has left.
        for (const _ of [1, 2]) {
          const { code, stdout, stderr } = await home.run([url, ...words]);
          expect([code, stdout]).toEqual([2, ""]);
          expect(stderr).toEndWith(`${ERROR}hint: ${hint}\n`);
        }
        const { code, stdout } = await home.run([url, ...words, "--read-only", "--json"]);
        expect([code, JSON.parse(stdout).error]).toEqual([
          2,
          { ...NOT_FOUND, name: "server_error", hint, exitCode: 2 },
        ]);
      }),
    );
});

test(
  "what the server has declared it offers, whatever it answers; a list of templates it may lack",
  inHome(async (home) => {
    const server = home.owns(
      await startLegacyServer((asked) => refuse(asked, 200, NOT_FOUND), {
        handshake: { capabilities: { prompts: {}, resources: {} } },
      }),
    );
    for (const words of [["prompts-get", "p"], ["resources-list"], ["request", "logging/setLevel"]])
      expect(await home.run([server.url, ...words])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/-32601: Method not found\n$/),
      });
    const { stderr } = await home.run([server.url, "resources-templates-list"]);
    expect(stderr).toEndWith(`${ERROR}hint: the server offers no resource templates\n`);
  }),
);
