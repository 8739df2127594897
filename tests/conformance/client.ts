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
const context: Record<string, string> = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? "{}");
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

const client = new Client(
  { name: "m2mcp-conformance", version: "1.0.0" },
  { capabilities: { elicitation: { form: { applyDefaults: true } } } },
);
client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: {} }));
const transport = new StdioClientTransport({
  command: BINARY,
  args: ["bridge", url],
  env: { HOME: folder, PATH: process.env.PATH ?? "", M2MCP_HOME: join(folder, "store"), ...credentials() },
  stderr: "inherit",
});
try {
  await client.connect(transport);
  const { tools } = scenario === "initialize" ? { tools: [] } : await client.listTools();
  for (const tool of tools) {
    const args = scenario === "tools_call" ? { a: 5, b: 3 } : {};
    await client.callTool({ name: tool.name, arguments: args });
  }
} finally {
  await client.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
