// A server that has what the examples of help and documents ask for, and homes in which they run as they stand.
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BINARY, createHome, type Home } from "./home.ts";
import { event, json, stream } from "./mcp/scripted.ts";
import { type ScriptedWorld, startScriptedWorld } from "./oauth/scripted-world.ts";

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

export const startExampleWorld = (): Promise<ScriptedWorld> =>
  startScriptedWorld({
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

/** A home where these are logged in, with a key, a vault's program and a desktop host in it. */
export async function readyHome(world: ScriptedWorld, profiles: readonly string[]): Promise<Home> {
  const home = createHome();
  const bin = join(home.folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "op"), "#!/bin/sh\nprintf s3cr3t\n");
  chmodSync(join(bin, "op"), 0o755);
  writeFileSync(join(home.folder, "calls.jsonl"), '{"tool":"search","arguments":{"query":"x"}}\n');
  writeFileSync(
    join(home.folder, "profiles.json"),
    '{"format":"m2mcp profiles","version":1,"profiles":[{"name":"other","server":"https://other.example/mcp"}]}',
  );
  writeFileSync(join(home.folder, "bearer"), "the-bearer-of-the-clients\n", { mode: 0o600 });
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  writeFileSync(join(home.folder, "key.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
  for (const folder of [".config/Claude", ".cursor", ".codex"])
    mkdirSync(join(home.folder, folder), { recursive: true });
  home.env.PATH = `${dirname(BINARY)}:${bin}:${home.env.PATH}`;
  for (const profile of profiles) {
    const { code, stderr } = await home.run(["login", world.url, profile, "--client-id", "id"], {
      env: { M2MCP_CLIENT_SECRET: "s3cr3t" },
    });
    if (code !== 0 || stderr.includes("error:")) throw new Error(`login of ${profile}: ${stderr}`);
  }
  return home;
}

/** An example with this world's address and credentials in it. */
export const filledIn = (world: ScriptedWorld, example: string): string =>
  example
    .replaceAll(/(https:\/\/)?mcp\.example\.com\/mcp/g, world.url)
    .replaceAll("/run/secrets/bearer", "bearer")
    // Any port that is free, and no folder of the machine's own.
    .replaceAll(/(--listen \S+):8080\b/g, "$1:0")
    .replaceAll("unix:/run/", "unix:")
    .replaceAll(/\bSECRET\b/g, "s3cr3t")
    .replaceAll(/\bID\b/g, "id");
