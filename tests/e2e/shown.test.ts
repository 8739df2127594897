// What a person sees at a real terminal, and what a pipe gets of the same.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { textWidth } from "../../lib/platform/text-width.ts";
import { createHome, type Home } from "../support/home.ts";
import { reply, type Scripted } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { atTerminal } from "../support/terminal.ts";

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const LONG = `${"very long words ".repeat(20)}NEEDLE`;
const RESULTS: Record<string, object> = {
  "tools/list": {
    tools: [
      {
        name: "find",
        description: `${LONG}\nsecond line`,
        annotations: { readOnlyHint: true },
        inputSchema: {
          type: "object",
          required: ["q"],
          properties: { q: { type: "string", description: LONG } },
        },
        outputSchema: { type: "object", properties: { hits: { type: "array", items: { type: "string" } } } },
      },
      { name: "要約".repeat(30), description: "説明".repeat(60) },
    ],
  },
  "prompts/list": {
    prompts: [{ name: "x".repeat(150), description: LONG, arguments: [{ name: "要約".repeat(20) }] }],
  },
  "resources/list": {
    resources: [{ uri: `file:///${"long/".repeat(40)}`, mimeType: "text/plain", title: LONG }],
  },
  "resources/templates/list": { resourceTemplates: [{ uriTemplate: "a:{x}", title: `👩‍👩‍👧 ${LONG}` }] },
  "tools/call": {
    content: [
      { type: "text", text: "# Title\n\n**bold** \u001b]0;owned\u0007\u001b[2J" },
      { type: "image", mimeType: "image/png", data: PNG.toString("base64") },
      {
        type: "image",
        mimeType: "image/png\u001b[2J",
        data: Buffer.from("\u001b[2Jno picture").toString("base64"),
      },
    ],
  },
  "prompts/get": {
    messages: [{ role: "user\u001b[2J", content: { type: "text", text: "plain \u001b[2J" } }],
  },
  "resources/read": {
    contents: [
      { uri: "a:b\u001b[2J", mimeType: "image/png", blob: PNG.toString("base64") },
      { uri: "a:c", text: "noted \u009b31m\u202e" },
    ],
  },
};

let server: Scripted;
let home: Home;
beforeAll(async () => {
  server = await startLegacyServer((asked) => reply(asked, RESULTS[asked.method] ?? {}), {
    handshake: { serverInfo: { name: "s", version: "1" }, instructions: `# Use\n\n**Ask** ${LONG}` },
  });
  home = createHome();
  await home.run(["connect", server.url, "@svc"]);
});
afterAll(async () => {
  home.remove();
  await server.stop();
});

async function screenOf(args: string[], env: Record<string, string> = {}, columns = 80) {
  const screen = atTerminal(home, args, { env, columns });
  await screen.ended;
  return screen.text();
}
const COLOUR = { NO_COLOR: "", TERM: "xterm-256color" };
// biome-ignore lint/suspicious/noControlCharactersInRegex: marks are what is looked for
const MARKS = /\u001b\[[\d;]*m/g;
/** What steers, besides marks of ours. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/;

describe("at a terminal", () => {
  for (const columns of [40, 80, 200])
    for (const args of [
      ["tools-list"],
      ["tools-get", "find"],
      ["prompts-list"],
      ["resources-list"],
      ["resources-templates-list"],
      ["show"],
      ["grep", "needle"],
    ])
      test(`${args[0]}: nothing is broader than its ${columns} columns`, async () => {
        const text = await screenOf(["@svc", ...args], COLOUR, columns);
        const broad = text.split("\n").filter((line) => textWidth(line) > columns);
        expect(broad).toEqual([]);
        expect(text.replaceAll(MARKS, "").replaceAll(/\s+/g, "")).toContain("NEEDLE");
      });

  test("a server's words steer nothing, whatever holds them", async () => {
    for (const args of [
      ["tools-call", "find", "q=x"],
      ["prompts-get", "x"],
      ["resources-read", "a:b"],
    ])
      for (const env of [COLOUR, { NO_COLOR: "1" }])
        expect((await screenOf(["@svc", ...args], env)).replaceAll(MARKS, "")).not.toMatch(STEERS);
  });

  test("Markdown is as it is read with colour, as it is written without", async () => {
    const call = ["@svc", "tools-call", "find", "q=x"];
    expect(await screenOf(call, COLOUR)).toStartWith("\u001b[1mTitle\u001b[22m\n\n\u001b[1mbold\u001b[22m");
    expect(await screenOf(call)).toStartWith("# Title\n\n**bold** \\u001b]0;owned");
  });

  test("a picture stands between the lines, where the terminal can and it is one", async () => {
    const call = ["@svc", "tools-call", "find", "q=x"];
    const kitty = await screenOf(call, { TERM: "xterm-kitty" });
    expect(kitty.split("\u001b_G")).toHaveLength(2);
    expect(kitty).toContain(`\u001b_Ga=T,f=100,q=2,m=0;${PNG.toString("base64")}\u001b\\`);
    expect(kitty).toContain("[image image/png, 70 bytes]");
    const iterm = await screenOf(["@svc", "resources-read", "a:b"], { TERM_PROGRAM: "iTerm.app" });
    expect(iterm).toContain(`\u001b]1337;File=inline=1;size=70:${PNG.toString("base64")}\u0007`);
    expect(await screenOf(call)).not.toContain("\u001b_G");
    expect(await screenOf(call, { TERM: "xterm-kitty", TMUX: "/tmp/x" })).not.toContain("\u001b_G");
  });

  test("a blob is named, and how to have it", async () => {
    const text = await screenOf(["@svc", "resources-read", "a:b"]);
    expect(text).toContain("image/png, 70 bytes]");
    expect(text).toContain("hint: --output FILE|DIR saves it");
    expect(text).not.toContain("PNG");
  });

  test("what is bare, or a list where one is meant, is all there, as in a pipe", async () => {
    const loose = home.owns(
      await startLegacyServer((asked) =>
        reply(asked, {
          content: ["bare", { type: "text", text: "block" }],
          messages: [
            { role: "user", content: "bare" },
            { role: "assistant", content: [{ type: "text", text: "block" }] },
          ],
          contents: { uri: "a:b", text: "bare block" },
          tools: [],
          prompts: [],
        }),
      ),
    );
    for (const args of [
      ["tools-call", "any"],
      ["prompts-get", "any"],
      ["resources-read", "a:b"],
    ]) {
      const screen = await screenOf([loose.url, ...args]);
      const { stdout } = await home.run([loose.url, ...args]);
      for (const shown of [screen, stdout]) expect(shown).toMatch(/bare[\s\S]*block/);
      expect(screen).toContain(stdout);
    }
  });

  test("--json is one object all the same, without a mark", async () => {
    const { tools } = JSON.parse(await screenOf(["@svc", "tools-list", "--json"], COLOUR));
    expect(tools).toHaveLength(2);
  });
});

describe("colour", () => {
  const rows: [
    what: string,
    where: "terminal" | "pipe",
    env: Record<string, string>,
    more: string[],
    has: boolean,
  ][] = [
    ["of itself", "terminal", COLOUR, [], true],
    ["of itself", "pipe", COLOUR, [], false],
    ["NO_COLOR", "terminal", { NO_COLOR: "1" }, [], false],
    ["TERM=dumb", "terminal", { NO_COLOR: "", TERM: "dumb" }, [], false],
    ["FORCE_COLOR", "pipe", { FORCE_COLOR: "1" }, [], true],
    ["CLICOLOR_FORCE", "pipe", { CLICOLOR_FORCE: "1" }, [], true],
    ["FORCE_COLOR=0", "terminal", { ...COLOUR, FORCE_COLOR: "0" }, [], false],
    ["--color never", "terminal", COLOUR, ["--color", "never"], false],
    ["--color always", "pipe", { NO_COLOR: "1" }, ["--color=always"], true],
    ["M2MCP_COLOR", "pipe", { M2MCP_COLOR: "always" }, [], true],
  ];
  for (const [what, where, env, more, has] of rows)
    test(`${what}, ${where}: ${has ? "some" : "none"}, of a list, of an error, and of what is not understood`, async () => {
      for (const args of [["@svc", "tools-list"], ["@svc", "tools-get", "nope"], ["tools-lits"]]) {
        const line = [...args, ...more];
        const text =
          where === "terminal"
            ? await screenOf(line, env)
            : Object.values(await home.run(line, { env: { TERM: "xterm-256color", ...env } })).join("\n");
        expect([line, new RegExp(MARKS.source).test(text)]).toEqual([line, has]);
      }
    });
});
