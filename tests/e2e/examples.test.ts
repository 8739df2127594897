// Every example of every command's help is run as it stands, in the shell that it is for; only the server's address and
// the client's id and secret are put in.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { VERBS } from "../../lib/command-line/verbs.ts";
import { BINARY, createHome, type Home } from "../support/home.ts";
import { event, json, stream } from "../support/mcp/scripted.ts";
import { type ScriptedWorld, startScriptedWorld } from "../support/oauth/scripted-world.ts";

const SKILL = {
  uri: "skill://acme/refunds/SKILL.md",
  frontmatter: { name: "refunds", description: "Pays back" },
};
const text = (value: string) => ({ content: [{ type: "text", text: value }] });
const TASK = {
  taskId: "786512e2",
  status: "completed",
  createdAt: "2026-11-26T00:00:00Z",
  lastUpdatedAt: "2026-11-26T00:00:01Z",
  ttlMs: null,
  result: text("done"),
};
const RESULTS: Record<string, object> = {
  "server/discover": {
    supportedVersions: ["2026-07-28"],
    capabilities: { tools: {}, resources: {}, prompts: {}, completions: {} },
  },
  "tools/list": {
    tools: [
      {
        name: "search",
        inputSchema: {
          type: "object",
          properties: {
            query: { type: "string" },
            limit: { type: "integer" },
            filter: { type: "object" },
            inStock: { type: "boolean" },
          },
        },
      },
    ],
  },
  "tools/call": text("red shoes, 42"),
  "resources/list": { resources: [{ uri: "file:///logo.png", name: "logo" }] },
  "resources/templates/list": { resourceTemplates: [{ uriTemplate: "file:///{path}", name: "file" }] },
  "resources/read": { contents: [{ uri: "file:///logo.png", blob: "iVBORw0KGgo=" }] },
  "prompts/list": { prompts: [{ name: "review", arguments: [{ name: "language" }, { name: "framework" }] }] },
  "prompts/get": { messages: [{ role: "user", content: { type: "text", text: "Review it" } }] },
  "completion/complete": { completion: { values: ["flask"] } },
  "tasks/get": TASK,
  "tasks/result": text("done"),
  "tasks/cancel": { ...TASK, status: "cancelled" },
  "skills/list": { skills: [SKILL] },
};

/** What an example needs beside the world, or why it ends otherwise. */
const SPECIAL: Record<string, { env?: Record<string, string>; code?: number; endsBySignal?: true }> = {
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
  world = await startScriptedWorld({
    before(request, response, body) {
      const isCall = request.url === "/mcp" && request.headers.authorization === "Bearer good";
      const { id, method } = isCall ? JSON.parse(body || "{}") : {};
      if (method === "subscriptions/listen") {
        const { notifications } = JSON.parse(body).params;
        const _meta = { "io.modelcontextprotocol/subscriptionId": id };
        event(stream(response), {
          method: "notifications/subscriptions/acknowledged",
          params: { notifications, _meta },
        });
        return true;
      }
      const result = RESULTS[method];
      if (!result) return false;
      const whole = { resultType: "complete", ttlMs: 0, cacheScope: "private", ...result };
      json(response, { jsonrpc: "2.0", id, result: whole });
      return true;
    },
  });
});
afterAll(async () => {
  for (const home of homes) await home.remove();
  await world.stop();
});

/** A home where these are logged in, with a key, a vault's program and a desktop host in it. */
async function readyHome(profiles: readonly string[]): Promise<Home> {
  const home = createHome();
  homes.push(home);
  const bin = join(home.folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "op"), "#!/bin/sh\nprintf s3cr3t\n");
  chmodSync(join(bin, "op"), 0o755);
  writeFileSync(join(home.folder, "calls.jsonl"), '{"tool":"search","arguments":{"query":"x"}}\n');
  writeFileSync(
    join(home.folder, "profiles.json"),
    '{"format":"m2mcp profiles","version":1,"profiles":[{"name":"other","server":"https://other.example/mcp"}]}',
  );
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(join(home.folder, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
  for (const folder of [".config/Claude", ".cursor", ".codex"])
    mkdirSync(join(home.folder, folder), { recursive: true });
  home.env.PATH = `${dirname(BINARY)}:${bin}:${home.env.PATH}`;
  for (const profile of profiles) {
    const { code, stderr } = await home.run(["login", world.url, profile, "--client-id", "id"], {
      env: { M2MCP_CLIENT_SECRET: "s3cr3t" },
    });
    expect([code, stderr.includes("error:")]).toEqual([0, false]);
  }
  return home;
}

const shellFor = (example: string) =>
  ["fish", "zsh"].find((shell) => example.includes(`completion ${shell}`)) ?? "bash";

const filledIn = (example: string) =>
  example
    .replaceAll(/(https:\/\/)?mcp\.example\.com\/mcp/g, world.url)
    .replaceAll(/\bSECRET\b/g, "s3cr3t")
    .replaceAll(/\bID\b/g, "id");

test.concurrent.each(VERBS.flatMap(({ examples }) => examples))(
  "%s",
  async (example) => {
    const home = await readyHome(example.includes("@other") ? ["@svc", "@other"] : ["@svc"]);
    const { env = {}, code = 0, endsBySignal } = SPECIAL[example] ?? {};
    const child = Bun.spawn([shellFor(example), "-c", filledIn(example)], {
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
