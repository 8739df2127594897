// Completion in real shells: what a person types, TAB, and what then stands in the line. Names of tools are a server's:
// no shell may run what is in them.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openProfileStore } from "../../lib/verbs/target/saved.ts";
import { BINARY, createHome, type Home } from "../support/home.ts";
import { complete, type ModernServer, startModernServer } from "../support/mcp/scripted-modern.ts";
import { atTerminal } from "../support/terminal.ts";

const TOOLS = [
  {
    name: "add",
    description: "Adds numbers",
    inputSchema: {
      type: "object",
      properties: { a: { type: "number" }, mode: { enum: ["fast", "slow"] } },
      required: ["a"],
    },
  },
  { name: "ns:sum=x", inputSchema: { type: "object" } },
  { name: "$(touch pwned)", description: "`touch pwned`", inputSchema: { type: "object" } },
  { name: "`touch pwned`;touch pwned", inputSchema: { type: "object" } },
];

let home: Home;
let server: ModernServer;
beforeAll(async () => {
  home = createHome();
  home.env.PATH = `${dirname(BINARY)}:${home.env.PATH}`;
  home.env.M2MCP_STORE = "file";
  server = await startModernServer();
  server.methods["tools/list"] = (asked) =>
    complete(asked, { tools: TOOLS, ttlMs: 0, cacheScope: "private" });
  const store = openProfileStore({ env: home.env, warn() {} });
  for (const name of ["staging", "svc"])
    await store.writeProfile({ name, server: server.url, createdAtMs: 0 });
  expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  // From now on nobody is there to be asked.
  await server.stop();
  writeFileSync(join(home.folder, "key.pem"), "");
});
afterAll(async () => {
  expect(existsSync(join(home.folder, "pwned"))).toBe(false);
  await home.remove();
});

/** Lines as they are typed, TAB by TAB, and what must stand there then. */
const LINES: [keys: string, shown: string][][] = [
  [["m2mcp @sv\t", "m2mcp @svc"]],
  [["m2mcp tools-ca\t", "m2mcp tools-call"]],
  [
    ["m2mcp @svc tools-ca\t", "m2mcp @svc tools-call"],
    ["ad\t", "m2mcp @svc tools-call add"],
    ["a\t", "m2mcp @svc tools-call add a="],
    ["1 mo\t", "m2mcp @svc tools-call add a=1 mode="],
    ["fa\t", "m2mcp @svc tools-call add a=1 mode=fast"],
  ],
  [["m2mcp tools-get @svc ns\t", "m2mcp tools-get @svc ns:sum=x"]],
  [["m2mcp tools-get @svc ns:s\t", "m2mcp tools-get @svc ns:sum=x"]],
  [["m2mcp tools-get @svc \\$\t", "m2mcp tools-get @svc \\$\\(touch\\ pwned\\)"]],
  [
    ["m2mcp store move --t\t", "m2mcp store move --to"],
    ["key\t", "m2mcp store move --to keyring"],
  ],
  [["m2mcp store move --to=pass\t", "m2mcp store move --to=passphrase"]],
  [["m2mcp login x --private-key ke\t", "m2mcp login x --private-key key.pem"]],
  [["m2mcp help exi\t", "m2mcp help exit-codes"]],
  // What is typed is not run either.
  [
    [
      "m2mcp @svc tools-call add a='$(touch pwned)' m\t",
      "m2mcp @svc tools-call add a='$(touch pwned)' mode=",
    ],
  ],
];

const SHELLS: [shell: string, start: string, load: string][] = [
  ["bash", "exec bash --norc --noprofile -i", 'eval "$(m2mcp completion bash)"'],
  ["zsh", "exec zsh -f -i", "source <(m2mcp completion zsh)"],
];

/** Elsewhere than on Linux a shell may be absent. */
const inShell = (shell: string) =>
  process.platform !== "linux" && Bun.which(shell) === null ? test.skip : test.concurrent;

describe.each(SHELLS)("%s", (shell, start, load) => {
  inShell(shell)("completes what is typed", async () => {
    const env = { PS1: "> ", PS2: "", TERM: "dumb", ZDOTDIR: home.folder, HISTFILE: "" };
    const screen = atTerminal(home, [], { columns: 200, shell: start, env });
    screen.type(`unset zle_bracketed_paste; ${load}; echo read""y\r`);
    await screen.shows(/ready/);
    for (const line of LINES) {
      for (const [keys, shown] of line) {
        screen.type(keys);
        await standsThere(screen.text, shown);
      }
      // The line is given up, so that the next one begins empty.
      screen.type("\u0015");
      await standsThere(screen.text, "");
    }
    screen.type("exit\r");
    await screen.ended;
  });
});

/** Resolves once this stands in the line of the cursor. */
async function standsThere(text: () => string, shown: string): Promise<void> {
  for (const endMs = Date.now() + 20_000; lastLine(text()) !== shown && Date.now() < endMs; )
    await Bun.sleep(10);
  expect(lastLine(text())).toBe(shown);
}

/** What stands in the line of the cursor, without the prompt: shells go back and write over what they wrote. */
function lastLine(text: string): string {
  const line = text.slice(text.lastIndexOf("\n") + 1);
  const cells: string[] = [];
  let at = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a shell moves its cursor with
  for (const [part] of line.matchAll(/\u001b\[[\d;?]*[@-~]|[\s\S]/g)) {
    if (part === "\b") at--;
    else if (part === "\r") at = 0;
    else if (/K$/.test(part) && part.length > 1) cells.length = at;
    else if (part.length === 1 && part !== "\u0007") cells[at++] = part;
  }
  return cells
    .join("")
    .replace(/^.*?> /, "")
    .trim();
}

describe("fish", () => {
  inShell("fish")("offers what there is, with what it is", async () => {
    const offers = async (line: string) => {
      const program = 'm2mcp completion fish | source; complete -C "$argv[1]"';
      const child = Bun.spawn(["fish", "--no-config", "-c", program, line], {
        cwd: home.folder,
        env: home.env,
        stdout: "pipe",
      });
      return (await new Response(child.stdout).text()).trimEnd().split("\n");
    };
    expect(await offers("m2mcp @sv")).toEqual(["@svc\tA saved connection"]);
    expect(await offers("m2mcp @svc tools-call a")).toEqual(["add\tAdds numbers"]);
    expect(await offers("m2mcp @svc tools-call add ")).toContain("a=\tnumber");
    expect(await offers("m2mcp @svc tools-call add mode=f")).toEqual(["mode=fast"]);
    expect(await offers("m2mcp tools-get @svc ")).toContain("$(touch pwned)\t`touch pwned`");
    expect(await offers("m2mcp store move --to=p")).toEqual(["--to=passphrase"]);
    expect(await offers("m2mcp login x --private-key ke")).toEqual(["key.pem"]);
    expect(await offers("m2mcp @svc tools-call add a='$(touch pwned)' m")).toEqual([
      'mode=\t"fast" | "slow", optional',
    ]);
  });
});

test("a reply is quick, and asks neither the network nor a person", async () => {
  const times: number[] = [];
  for (let i = 0; i < 10; i++) {
    const startedMs = performance.now();
    const reply = await home.run(["completion", "bash-reply"], { input: "a\0m2mcp @svc tools-call a\0" });
    times.push(performance.now() - startedMs);
    expect(reply).toMatchObject({ code: 0, stdout: "\nadd\n", stderr: "" });
  }
  // It wants 15 ms; a busy machine is given ten times the 50 that are allowed.
  expect(Math.min(...times)).toBeLessThan(500);
});

test("a store that a passphrase opens gives its names, and nobody is asked for it", async () => {
  const other = createHome();
  const env = { M2MCP_PASSPHRASE: "a passphrase that opens it" };
  const store = openProfileStore({ env: { ...other.env, ...env }, warn() {} });
  await store.writeProfile({ name: "svc", server: "https://mcp.example.com/mcp", createdAtMs: 0 });
  for (const [input, stdout] of [
    ["@\0m2mcp @\0", "\n@svc\n"],
    ["\0m2mcp tools-get @svc \0", "\n"],
  ] as const)
    expect(await other.run(["completion", "bash-reply"], { input })).toEqual({
      code: 0,
      signal: null,
      stdout,
      stderr: "",
    });
  await other.remove();
});

test("an unknown shell is named, with those that there are", async () => {
  const { code, stderr } = await home.run(["completion", "tcsh"]);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining("there is one for bash, zsh, fish, powershell"),
  ]);
  expect((await home.run(["completion", "pwsh"])).stdout).toContain("Register-ArgumentCompleter");
  expect((await home.run(["completion", "/usr/bin/zsh"])).stdout).toStartWith("#compdef m2mcp");
  expect((await home.run(["completion", "fishy"])).stderr).toContain("did you mean fish");
});
