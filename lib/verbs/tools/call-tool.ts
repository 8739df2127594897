import type { Command } from "../../command-line/command.ts";
import { M2mcpError } from "../../failure.ts";
import { itemsOf } from "../../hosts/listing.ts";
import type { RequestOptions } from "../../hosts/one-off/exchange.ts";
import { type Task, taskBegun } from "../../hosts/one-off/task.ts";
import type { McpClient } from "../../hosts/one-off.ts";
import { type JsonObject, objectOf } from "../../json.ts";
import { METHOD_NOT_FOUND } from "../../mcp/jsonrpc/message.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { isErrorInWords } from "../catalogue/keeping-client.ts";
import { itemNamed } from "../catalogue/kept-list.ts";
import { runsAsNoTask } from "../tasks/errors.ts";
import { waitLimit } from "../tasks/wait-limit.ts";
import { toolNamed } from "./tool-named.ts";

/** What a call came to: its result, or a task that goes on without us. */
export type Called =
  | { kind: "result"; result: JsonObject }
  | { kind: "detached"; task: Task; result: JsonObject };

/** Method not found. */
const REFUSED = /-32601\b/;

/**
 * Calls a tool, as a task where `--task` or the tool itself wants that, or the server makes one of it by itself (Tasks
 * extension of 2026-07-28), and waits for it unless `--detach` is given.
 *
 * @param catalogue what earlier commands have seen: it saves a refusal
 * @throws M2mcpError what the call ends with; (exit 1) where the tool does not run as a task
 */
export async function callTool(
  { options }: Pick<Command, "options">,
  { client, catalogue }: { client: McpClient; catalogue: Catalogue },
  call: { name: string; arguments: JsonObject },
  requestOptions: RequestOptions,
): Promise<Called> {
  const { spelled = false } = requestOptions;
  const detaches = options.on("detach");
  const send = (asTask: boolean) =>
    client.request("tools/call", { ...call, ...(asTask ? { task: {} } : {}) }, requestOptions);
  const result =
    detaches || options.on("task")
      ? await send(await maybeTask(client, call.name))
      : (await isKnownAsTask(catalogue, call.name))
        ? await send(true)
        : await orAsTask(client, call.name, send);
  const task = taskBegun(result);
  if (!task) return { kind: "result", result };
  if (detaches) return { kind: "detached", task, result };
  return { kind: "result", result: await client.awaitTask(task, { ...waitLimit(options), spelled }) };
}

/** A modern server is not asked for a task: it decides by itself. */
async function isKnownAsTask(catalogue: Catalogue, name: string): Promise<boolean> {
  const { tools } = await catalogue.read();
  return tools !== undefined && objectOf(itemNamed(tools.items, name)?.execution).taskSupport === "required";
}

/** A tool that only runs as a task says so by its refusal (MCP 2025-11-25 "Tool-Level Negotiation"). */
async function orAsTask(
  client: McpClient,
  name: string,
  send: (asTask: boolean) => Promise<JsonObject>,
): Promise<JsonObject> {
  const isRequired = async () => (await supportOf(client, name)) === "required";
  try {
    const result = await send(false);
    return isErrorInWords(result, REFUSED) && (await isRequired()) ? await send(true) : result;
  } catch (error) {
    const isRefused = error instanceof M2mcpError && error.answered?.code === METHOD_NOT_FOUND;
    if (!isRefused || !(await isRequired().catch(() => false))) throw error;
    return send(true);
  }
}

/** Whether to ask for a task: not of a modern server, which decides by itself. @throws M2mcpError where it cannot be one */
async function maybeTask(client: McpClient, name: string): Promise<boolean> {
  const support = await supportOf(client, name);
  if (support === "server's") return false;
  if (support !== "optional" && support !== "required") throw runsAsNoTask(name);
  return true;
}

/** What a tool declares of tasks; `server's` where that is for the server to say (MCP 2026-07-28). */
async function supportOf(client: McpClient, name: string): Promise<unknown> {
  const listing = await client.listing("tools/list", "tools");
  const tool = toolNamed(itemsOf(listing, "tools"), name);
  // Only results of 2026-07-28 say of what type they are.
  return listing.resultType === undefined ? objectOf(tool.execution).taskSupport : "server's";
}
