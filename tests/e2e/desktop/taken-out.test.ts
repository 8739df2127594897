// `m2mcp uninstall` of an entry that was brought up to date in between, and of several at once: none stays behind.
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { homeForEachTest } from "../../support/home.ts";
import { startMcpServer } from "../../support/mcp/mcp-server.ts";

const home = homeForEachTest();

async function connected(...names: string[]) {
  const server = home.owns(await startMcpServer());
  for (const name of names) expect((await home.run(["connect", server.url, name])).code).toBe(0);
}

function hostFile(text: string, ...parts: string[]) {
  const path = join(home.folder, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return () => readFileSync(path, "utf8");
}

test.each([
  ["cursor", [".cursor", "mcp.json"], '{\n  "mcpServers": {\n    "a": { "command": "npx" }\n  }\n}\n'],
  ["cursor", [".cursor", "mcp.json"], "{}"],
  ["codex", [".codex", "config.toml"], '# mine\n\n[mcp_servers.a]\ncommand = "npx"\n'],
  ["goose", [".config", "goose", "config.yaml"], "# mine\nextensions: {}   # none\n"],
] as const)("%s gets its file back though the entry was changed twice: %p", async (host, parts, text) => {
  await connected("@svc");
  const read = hostFile(text, ...parts);
  for (const more of [[], ["--read-only"], ["--deny-tool", "drop_*"]]) {
    const before = read();
    expect((await home.run(["install", "@svc", "--host", host, "--yes", ...more])).code).toBe(0);
    expect(read()).not.toBe(before);
  }
  const { code, stdout } = await home.run(["uninstall", "@svc", "--host", host, "--yes"]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("removed svc from")]);
  expect(read()).toBe(text);
});

test("what stands in the home folder as in a project is found by --scope project too", async () => {
  await connected("@svc");
  const at = ["--host", "cursor", "--scope", "project", "--yes"];
  expect((await home.run(["install", "@svc", ...at])).code).toBe(0);
  const { code, stdout } = await home.run(["uninstall", "@svc", ...at]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("removed svc from")]);
});

test("of many that are taken out at once, each is gone", async () => {
  const names = ["@a", "@b", "@c", "@d", "@e", "@f"];
  await connected(...names);
  const read = hostFile('{ "mcpServers": { "mine": { "command": "npx" } } }\n', ".cursor", "mcp.json");
  const at = ["--host", "cursor", "--yes"];
  for (const name of names) expect((await home.run(["install", name, ...at])).code).toBe(0);
  const outcomes = await Promise.all(names.map((name) => home.run(["uninstall", name, ...at])));
  expect(outcomes.map(({ code }) => code)).toEqual(names.map(() => 0));
  expect(Object.keys(JSON.parse(read()).mcpServers)).toEqual(["mine"]);
});
