// The client that the conformance suite starts: it speaks MCP over stdio to the executable, which does the rest. It
// is made of the official SDK of either era (M2MCP_TEST_CLIENT).
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client as ModernClient } from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernStdio } from "@modelcontextprotocol/client/stdio";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { BINARY } from "../support/home.ts";

const url = process.argv.at(-1) ?? "";
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? "";
const setting = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const context: Record<string, string | undefined> = setting;
const folder = mkdtempSync(join(tmpdir(), "m2mcp-conformance-"));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** The suite's credentials, as a user would put them into a host's config. */
function credentials(): Record<string, string> {
  if (!scenario.startsWith("auth/")) return {};
  const env: Record<string, string> = {};
  if (context.signing_algorithm) env.M2MCP_SIGNING_ALG = context.signing_algorithm;
  // Scenarios made for the browser grant name no client: any will do.
  env.M2MCP_CLIENT_ID = context.client_id ?? "test-client";
  const jwt =
    context.valid_jwt ?? (scenario === "auth/token-endpoint-auth-none" ? "a.workload.token" : undefined);
  if (jwt) {
    env.M2MCP_GRANT = "jwt-bearer";
    env.M2MCP_CLIENT_ASSERTION_FILE = write("assertion", jwt);
  } else if (context.private_key_pem) env.M2MCP_PRIVATE_KEY = write("key.pem", context.private_key_pem);
  else env.M2MCP_CLIENT_SECRET = context.client_secret ?? "test-secret";
  // The identity provider and the client there, as its ID token names both.
  if (context.idp_id_token) {
    env.M2MCP_GRANT = "id-jag";
    env.M2MCP_SUBJECT_TOKEN_FILE = write("id-token", context.idp_id_token);
  }
  // A workload has no client id.
  if (scenario === "auth/wif-jwt-bearer") delete env.M2MCP_CLIENT_ID;
  // The first authorization server's client, which the second one must never see.
  if (scenario === "auth/authorization-server-migration")
    env.M2MCP_CLIENT_ID = "as1-client-id-LEAKED-IF-SEEN-AT-AS2";
  // Without any metadata the user must say where tokens are.
  if (scenario === "auth/2025-03-26-oauth-endpoint-fallback")
    env.M2MCP_TOKEN_ENDPOINT = new URL("/token", url).href;
  return env;
}

const env = {
  HOME: folder,
  PATH: process.env.PATH ?? "",
  M2MCP_HOME: join(folder, "store"),
  ...(process.env.M2MCP_PROTOCOL ? { M2MCP_PROTOCOL: process.env.M2MCP_PROTOCOL } : {}),
  ...credentials(),
};
const parameters = { command: BINARY, args: ["bridge", url], env, stderr: "inherit" as const };

type Content = Record<string, string | number | boolean | string[]>;

/** An answer to a question; defaults are the client's to fill in, where there is none something of the type is said. */
function answer(params: object): { action: "accept"; content: Content } {
  const schema = "requestedSchema" in params ? params.requestedSchema : {};
  const { properties = {} } = schema as { properties?: Record<string, { type: string; default?: unknown }> };
  const content: Content = {};
  for (const [name, property] of Object.entries(properties))
    if (!("default" in property))
      content[name] = property.type === "boolean" ? true : property.type === "string" ? "yes" : 1;
  return { action: "accept", content };
}

/** What a client of either era can do. */
interface AnyClient {
  listTools(): Promise<{ tools: { name: string; inputSchema?: unknown }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  listResources(): Promise<{ resources: { uri: string }[] }>;
  readResource(params: { uri: string }): Promise<unknown>;
  listPrompts(): Promise<{ prompts: { name: string }[] }>;
  getPrompt(params: { name: string; arguments: Record<string, string> }): Promise<unknown>;
  close(): Promise<void>;
}

const info = { name: "m2mcp-conformance", version: "1.0.0" };
// Roots and sampling are declared for what is declared to be seen; no scenario asks for them.
const capabilities = { elicitation: { form: { applyDefaults: true } }, roots: {}, sampling: {} };

async function connectLegacy(): Promise<AnyClient> {
  const client = new LegacyClient(info, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => answer(params));
  await client.connect(new LegacyStdio(parameters));
  return client;
}

async function connectModern(): Promise<AnyClient> {
  const client = new ModernClient(info, {
    capabilities,
    versionNegotiation: { mode: { pin: "2026-07-28" } },
  });
  client.setRequestHandler("elicitation/create", ({ params }) => answer(params));
  await client.connect(new ModernStdio(parameters));
  return client;
}

/** The calls that a scenario wants: its own list, else each tool once. */
async function callTools(client: AnyClient): Promise<void> {
  const { tools } = await client.listTools();
  if (scenario === "json-schema-2020-12-preservation") {
    const focal = tools.find(({ name }) => name === "json_schema_2020_12_tool");
    const echo = tools.find(({ name }) => name !== focal?.name);
    await client.callTool({ name: echo?.name ?? "", arguments: { schema: focal?.inputSchema } });
    return;
  }
  const wanted: { name: string; arguments: Record<string, unknown> }[] =
    setting.toolCalls ??
    tools.map(({ name }) => ({ name, arguments: scenario === "tools_call" ? { a: 5, b: 3 } : {} }));
  // Side by side, since some scenarios look for what leaks from one call to another.
  await Promise.all(
    wanted.map((call) => client.callTool(call).catch((error) => console.error(call.name, String(error)))),
  );
}

/** Everything else a client asks for, where the server has it. */
async function useEverything(client: AnyClient): Promise<void> {
  const { resources } = await client.listResources();
  for (const { uri } of resources) await client.readResource({ uri });
  const { prompts } = await client.listPrompts();
  for (const { name } of prompts) await client.getPrompt({ name, arguments: {} });
}

let client: AnyClient | undefined;
try {
  // A login records the issuer that its credentials are for; without one the first token does.
  if (scenario === "auth/authorization-server-migration" && process.env.M2MCP_TEST_CLIENT === "legacy") {
    execFileSync(BINARY, ["login", url, "@svc"], { env, stdio: "inherit" });
    parameters.args = ["bridge", "@svc"];
  }
  client = await (process.env.M2MCP_TEST_CLIENT === "modern" ? connectModern() : connectLegacy());
  // The server has moved with the first token that it saw, which must not count as a fresh one any more.
  if (scenario === "auth/authorization-server-migration") await Bun.sleep(5500);
  if (scenario !== "initialize") await callTools(client);
  if (scenario === "http-standard-headers" || scenario === "request-metadata")
    await useEverything(client).catch((error) => console.error(String(error)));
} finally {
  await client?.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
