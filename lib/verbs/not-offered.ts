import { M2mcpError } from "../failure.ts";
import type { McpClient } from "../hosts/one-off.ts";
import { METHOD_NOT_FOUND } from "../mcp/jsonrpc/message.ts";

/** The beginnings of verbs: what a server that has it declares, and how a person calls it. */
const OFFERS: Readonly<Record<string, { capability: string; called: string }>> = {
  tools: { capability: "tools", called: "tools" },
  resources: { capability: "resources", called: "resources" },
  prompts: { capability: "prompts", called: "prompts" },
  complete: { capability: "completions", called: "completion" },
};

/**
 * The failure of a verb, with a hint where the server does not know what was asked, and declares nothing of the kind
 * (MCP "Capabilities"): its -32601 by itself may mean a name as well.
 */
export async function notOffered(verb: string, client: McpClient, error: unknown): Promise<unknown> {
  const offer = OFFERS[verb.split("-")[0] ?? ""];
  if (!(error instanceof M2mcpError) || error.answered?.code !== METHOD_NOT_FOUND || !offer) return error;
  // Who cannot be asked has said enough.
  const declared = await client.serverInfo().then(
    ({ capabilities }) => Object.keys(capabilities),
    () => undefined,
  );
  const why = declared && hintOf(verb, offer, declared.sort());
  const { code, exitCode, message, answered } = error;
  return why === undefined ? error : new M2mcpError(code, exitCode, message, why, true, answered);
}

function hintOf(
  verb: string,
  { capability, called }: { capability: string; called: string },
  declared: readonly string[],
): string | undefined {
  if (!declared.includes(capability))
    return `the server offers no ${called}: its capabilities are ${declared.join(", ") || "none"}`;
  return verb === "resources-templates-list" ? "the server offers no resource templates" : undefined;
}
