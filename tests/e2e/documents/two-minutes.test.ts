// The README's two minutes, from an empty home: its two lines at a terminal, then the host that the entry is for.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { homeForEachTest, ROOT } from "../../support/home.ts";
import { atTerminal, KEYS } from "../../support/terminal.ts";
import { startWorld } from "../../support/world.ts";

const home = homeForEachTest();

test("two lines make an entry that Claude Desktop can start", async () => {
  const world = await startWorld();
  home.owns({ stop: () => world.end() });
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, block = ""] = /^## Two minutes to Claude Desktop\n+```sh\n(.*?)```/ms.exec(readme) ?? [];
  const [login = [], install = []] = block
    .trim()
    .split("\n")
    .map((line) => line.replace("https://mcp.example.com/mcp", world.mcp.url).split(" ").slice(1));
  expect([login[0], install[0]]).toEqual(["login", "install"]);
  const env = { XDG_CONFIG_HOME: join(home.folder, ".config") };

  const { id, secret } = world.as.clients.basic;
  const first = atTerminal(home, login, { env });
  await first.answer(/client id: $/, `${id}${KEYS.enter}`);
  await first.answer(/1 to 2 \[1\]: $/, KEYS.enter);
  await first.answer(/secret of .*: $/, `${secret}${KEYS.enter}`);
  expect(await first.ended).toBe(0);
  expect(first.text()).not.toContain(secret);
  expect(first.text()).toContain("m2mcp install @svc");

  const second = atTerminal(home, install, { env });
  await second.answer(/\[y\/N\]: $/, `y${KEYS.enter}`);
  expect(await second.ended).toBe(0);

  const folder = process.platform === "darwin" ? "Library/Application Support" : ".config";
  const file = join(home.folder, folder, "Claude", "claude_desktop_config.json");
  const { command, args, env: own } = JSON.parse(readFileSync(file, "utf8")).mcpServers.svc;
  const client = new Client({ name: "host", version: "1" });
  // A host passes on little more than the home folder.
  await client.connect(new StdioClientTransport({ command, args, env: { HOME: home.folder, ...own } }));
  const { content } = await client.callTool({ name: "add", arguments: { a: 2, b: 40 } });
  expect(content).toEqual([{ type: "text", text: "42" }]);
  await client.close();
}, 60_000);
