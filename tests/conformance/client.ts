// The client that the conformance suite starts: it speaks MCP over stdio to the executable, which does the rest.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";

const BINARY = join(import.meta.dir, "..", "..", "build", "m2mcp");
const url = process.argv.at(-1) ?? "";
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? "";
const setting = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
const context: Record<string, string | undefined> = setting;
const folder = mkdtempSync(join(tmpdir(), "m2mcp-conformance-"));

/** The suite's credentials, as a user would put them into a host's config. */
function credentials(): Record<string, string> {
  const env: Record<string, string> = {};
  if (context.client_id) env.M2MCP_CLIENT_ID = context.client_id;
  if (context.client_secret) env.M2MCP_CLIENT_SECRET = context.client_secret;
  if (context.private_key_pem) {
    env.M2MCP_PRIVATE_KEY = join(folder, "key.pem");
    writeFileSync(env.M2MCP_PRIVATE_KEY, context.private_key_pem, { mode: 0o600 });
  }
  if (context.signing_algorithm) env.M2MCP_SIGNING_ALG = context.signing_algorithm;
  // Scenarios made for the browser grant name no client: any will do, since only what comes before the grant applies.
  if (scenario.startsWith("auth/")) {
    env.M2MCP_CLIENT_ID ??= "test-client";
    if (context.valid_jwt) {
      env.M2MCP_GRANT = "jwt-bearer";
      env.M2MCP_CLIENT_ASSERTION_FILE = join(folder, "assertion");
      writeFileSync(env.M2MCP_CLIENT_ASSERTION_FILE, context.valid_jwt, { mode: 0o600 });
    } else if (!env.M2MCP_PRIVATE_KEY) env.M2MCP_CLIENT_SECRET ??= "test-secret";
  }
  return env;
}

const version = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION;
const client = new Client(
  { name: "m2mcp-conformance", version: "1.0.0" },
  { capabilities: { elicitation: { form: { applyDefaults: true } } } },
);
client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
  const schema = "requestedSchema" in params ? params.requestedSchema.properties : {};
  // Defaults are the client's to fill in; where there is none, something of the type is said.
  const content: Record<string, string | number | boolean | string[]> = {};
  for (const [name, property] of Object.entries(schema)) {
    if ("default" in property) continue;
    content[name] = property.type === "boolean" ? true : property.type === "string" ? "yes" : 1;
  }
  return { action: "accept", content };
});
const transport = new StdioClientTransport({
  command: BINARY,
  args: ["bridge", url],
  env: {
    HOME: folder,
    PATH: process.env.PATH ?? "",
    M2MCP_HOME: join(folder, "store"),
    ...(version?.startsWith("2026") ? { M2MCP_PROTOCOL: version } : {}),
    ...credentials(),
  },
  stderr: "inherit",
});

/** The calls that a scenario wants: its own list, else each tool once. */
async function callTools(): Promise<void> {
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
async function askAround(): Promise<void> {
  const { resources } = await client.listResources();
  for (const { uri } of resources) await client.readResource({ uri });
  const { prompts } = await client.listPrompts();
  for (const { name } of prompts) await client.getPrompt({ name, arguments: {} });
}

try {
  await client.connect(transport);
  if (scenario !== "initialize") await callTools();
  if (scenario === "http-standard-headers" || scenario === "request-metadata")
    await askAround().catch((error) => console.error(String(error)));
} finally {
  await client.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
