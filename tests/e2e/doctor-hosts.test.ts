// The host's side of `m2mcp doctor`: entries that would not start, and what bridges wrote down.

import { beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BINARY, homeForEachTest } from "../support/home.ts";
import { reply } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, INITIALIZED, lines } from "../support/messages.ts";

const home = homeForEachTest();
let url = "";
beforeEach(async () => {
  const server = home.owns(
    await startLegacyServer((asked, response) => {
      if (asked.http === "GET") return response.writeHead(405).end();
      if (asked.params?.name === "sick") return response.writeHead(500).end();
      reply(asked, { content: [] });
    }),
  );
  ({ url } = server);
  await home.run(["connect", url, "@svc", "--store", "file"]);
});

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(home.folder, path)), { recursive: true });
  writeFileSync(join(home.folder, path), text);
};
const DESKTOP = ".config/Claude/claude_desktop_config.json";
const entry = (more: object = {}, place = DESKTOP) => {
  const own = { command: BINARY, args: ["bridge", "@svc"], env: { M2MCP_HOME: home.env.M2MCP_HOME } };
  write(
    place,
    JSON.stringify({ mcpServers: { svc: { ...own, ...more }, other: { command: "npx", args: ["x"] } } }),
  );
};
/** The doctor's first step, which is of the host, and its exit code. */
async function examine(env: Record<string, string> = {}) {
  const { code, stdout } = await home.run(["doctor", "@svc", "--json"], { env });
  const { steps } = JSON.parse(stdout);
  return { code, ...steps[0], steps };
}

describe("an entry", () => {
  test("that starts this program for this target is well", async () => {
    entry();
    expect(await examine()).toMatchObject({ code: 0, name: "entry svc of Claude Desktop", ok: true });
  });

  const faults: Record<string, () => object> = {
    "does not exist": () => ({ command: "/nowhere/m2mcp" }),
    "may not be run": () => {
      write("m2mcp", "");
      chmodSync(join(home.folder, "m2mcp"), 0o600);
      return { command: join(home.folder, "m2mcp") };
    },
    "there is no m2mcp on PATH": () => ({ command: "m2mcp" }),
    "which is not in its store": () => ({ env: { M2MCP_HOME: join(home.folder, "elsewhere") } }),
    "hosts expand no ~": () => ({ env: { M2MCP_HOME: "~/store" } }),
    "puts no value": () => ({
      env: { M2MCP_HOME: home.env.M2MCP_HOME, M2MCP_CLIENT_SECRET: "$" + "{SECRET}" },
    }),
  };
  for (const [words, make] of Object.entries(faults))
    test(`is told apart: ${words}`, async () => {
      entry(make());
      const step = await examine();
      expect(step).toMatchObject({ code: 1, ok: false });
      expect(step.saw).toContain(words);
      expect(step.saw).toContain(DESKTOP);
      expect(step.fix).toMatch(/\S/);
      // The server itself is looked at all the same.
      expect(step.steps.at(-1)).toMatchObject({ name: "first call", ok: true });
    });

  test("of another executable, and variables that are set here alone, are worth a word", async () => {
    copyFileSync(BINARY, join(home.folder, "m2mcp"));
    entry({ command: join(home.folder, "m2mcp") });
    const step = await examine({ M2MCP_PASSPHRASE: "hidden-passphrase" }).catch(() => null);
    const plain = await examine();
    expect(plain).toMatchObject({ code: 0, ok: true });
    expect(plain.saw).toContain("not the m2mcp that is run now");
    expect(step?.saw ?? "M2MCP_PASSPHRASE").toContain("M2MCP_PASSPHRASE");
    expect(JSON.stringify(step)).not.toContain("hidden-passphrase");
  });

  test("may hold what its own host puts a value for", async () => {
    entry({ env: { M2MCP_HOME: home.env.M2MCP_HOME, X: "$" + "{HOME}" } }, ".claude.json");
    expect(await examine()).toMatchObject({ code: 0, name: "entry svc of Claude Code", ok: true });
  });

  test("of another target says nothing of this one; a broken file does", async () => {
    entry({ args: ["bridge", "@other"] });
    expect((await examine()).name).toBe("hosts");
    write(DESKTOP, '{"mcpServers": {');
    expect(await examine()).toMatchObject({ code: 1, name: "Claude Desktop's file", ok: false });
  });
});

test("the last error of a bridge is told", async () => {
  await home.run(["bridge", "@svc"], { input: lines(INITIALIZE, INITIALIZED, call(2, "sick")) });
  const step = await examine();
  expect(step).toMatchObject({ name: "last error of a bridge", ok: true, code: 0 });
  expect(step.saw).toMatch(/ago: tools\/call: .* answered with HTTP status 500/);
});
