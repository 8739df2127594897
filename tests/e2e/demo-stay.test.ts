// `bun run demo -- --stay`: what it prints to be pasted works in a shell and in a host, and Ctrl-C leaves nothing behind.
import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ROOT } from "../support/home.ts";
import { until } from "../support/waiting.ts";

test("the demo's servers stay, for a shell and for a host", async () => {
  const demo = spawn(process.execPath, [join(ROOT, "tests", "demo.ts"), "--stay"], { cwd: ROOT });
  let said = "";
  demo.stdout.on("data", (text) => {
    said += text;
  });
  const ended = new Promise((resolve) => demo.on("close", resolve));
  try {
    await until(() => said.includes("until Ctrl-C"), 30_000);
    const shell = said.split("paste into a shell:\n\n")[1]?.split("\n\n")[0] ?? "";
    const forHost = said.split("paste into a host's file")[1] ?? "";
    const { command, args, env } = JSON.parse(/^\{$[\s\S]*?^\}$/m.exec(forHost)?.[0] ?? "").mcpServers.demo;

    const pasted = spawn("sh", ["-ec", shell], { env: { PATH: process.env.PATH, HOME: env.M2MCP_HOME } });
    let shown = "";
    pasted.stdout.on("data", (text) => {
      shown += text;
    });
    expect(await new Promise((resolve) => pasted.on("close", resolve))).toBe(0);
    expect(shown.trimEnd()).toEndWith("42");

    const client = new Client({ name: "host", version: "1" });
    await client.connect(new StdioClientTransport({ command, args, env: { ...env, HOME: env.M2MCP_HOME } }));
    const { content } = await client.callTool({ name: "add", arguments: { a: 2, b: 40 } });
    expect(content).toEqual([{ type: "text", text: "42" }]);
    await client.close();

    demo.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(existsSync(env.M2MCP_HOME)).toBe(false);
  } finally {
    demo.kill("SIGKILL");
  }
}, 60_000);
