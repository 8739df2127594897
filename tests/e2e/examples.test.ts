// Every example of every command's help is run as it stands, in the shell that it is for; only the server's address and
// the client's id and secret are put in.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { VERBS } from "../../lib/command-line/verbs.ts";
import { filledIn, readyHome, startExampleWorld } from "../support/example-world.ts";
import type { Home } from "../support/home.ts";
import type { ScriptedWorld } from "../support/oauth/scripted-world.ts";

/** What an example needs beside the world, or why it ends otherwise. */
const SPECIAL: Record<string, { env?: Record<string, string>; code?: number; endsBySignal?: boolean }> = {
  // There is no keyring here.
  "m2mcp store move --to keyring": { code: 5 },
  "m2mcp store passphrase": { env: { M2MCP_NEW_PASSPHRASE: "one that nobody guesses" } },
  // They ask before they write, and here is no terminal.
  "m2mcp install @svc": { code: 1 },
  "m2mcp uninstall @svc": { code: 1 },
  "m2mcp logs @svc --follow": { endsBySignal: true },
  "m2mcp @svc watch": { endsBySignal: true },
  "m2mcp @svc watch file:///var/log/app.log --json": { endsBySignal: true },
};
/** How long an example that goes on is let go on, in ms. */
const WATCHED_MS = 1500;

let world: ScriptedWorld;
const homes: Home[] = [];
beforeAll(async () => {
  world = await startExampleWorld();
});
afterAll(async () => {
  for (const home of homes) await home.remove();
  await world.stop();
});

const shellFor = (example: string) =>
  ["fish", "zsh"].find((shell) => example.includes(`completion ${shell}`)) ?? "bash";

test.concurrent.each(VERBS.flatMap(({ examples }) => examples))(
  "%s",
  async (example) => {
    const home = await readyHome(world, example.includes("@other") ? ["@svc", "@other"] : ["@svc"]);
    homes.push(home);
    const { env = {}, code = 0, endsBySignal = example.startsWith("m2mcp serve ") } = SPECIAL[example] ?? {};
    const child = Bun.spawn([shellFor(example), "-c", filledIn(world, example)], {
      cwd: home.folder,
      env: { ...home.env, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const timer = endsBySignal ? setTimeout(() => child.kill("SIGKILL"), WATCHED_MS) : undefined;
    const [, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    clearTimeout(timer);
    if (!endsBySignal) expect([child.exitCode, stderr]).toEqual([code, stderr]);
    if (code === 0) expect(stderr).not.toContain("error:");
  },
  60_000,
);
