// What `bun run demo -- --stay` leaves running, and what to paste to use it.
import { join } from "node:path";
import { shellWord } from "../lib/ui/shell-word.ts";
import { BINARY, type Home, ROOT } from "./support/home.ts";
import type { World } from "./support/world.ts";

/** Says how the demo's servers are used from a shell and from a host, and waits for Ctrl-C. */
export async function stay(world: World, home: Home, say: (text: string) => void): Promise<void> {
  const ended = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, resolve);
  });
  say(inShell(world, home));
  say(inHost(world, home));
  say("\nthe servers run until Ctrl-C; nothing is left behind then.");
  await ended;
}

const storeOf = (home: Home) => join(home.folder, "store");

function inShell({ as, mcp }: World, home: Home): string {
  const { id, secret } = as.clients.basic;
  return [
    "\npaste into a shell:\n",
    `export PATH=${shellWord(join(ROOT, "build"))}:"$PATH" M2MCP_HOME=${shellWord(storeOf(home))}`,
    `M2MCP_CLIENT_SECRET=${shellWord(secret)} m2mcp login ${shellWord(mcp.url)} @demo --client-id ${shellWord(id)}`,
    "m2mcp @demo tools-list",
    "m2mcp @demo tools-call add a:=2 b:=40",
  ].join("\n");
}

function inHost({ as, mcp }: World, home: Home): string {
  const { id, secret } = as.clients.basic;
  const env = { M2MCP_CLIENT_ID: id, M2MCP_CLIENT_SECRET: secret, M2MCP_HOME: storeOf(home) };
  const entry = { mcpServers: { demo: { command: BINARY, args: ["bridge", mcp.url], env } } };
  return [
    "\npaste into a host's file (Claude Desktop: claude_desktop_config.json, then start it anew):\n",
    JSON.stringify(entry, null, 2),
    "\nor, after the login above: m2mcp install @demo --host claude-desktop",
    "what it then does: m2mcp status, m2mcp logs",
  ].join("\n");
}
