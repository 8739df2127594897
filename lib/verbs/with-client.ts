import type { Command } from "../command-line/command.ts";
import { CLIENT_INFO } from "../command-line/version.ts";
import { type McpClient, openClient } from "../hosts/one-off.ts";
import type { JsonObject } from "../json.ts";
import type { NotificationMessage } from "../mcp/jsonrpc/message.ts";
import { jsonText } from "../ui/json-text.ts";
import { type Catalogue, catalogueOf } from "./catalogue/catalogue.ts";
import { keepingClient } from "./catalogue/keeping-client.ts";
import { ONE_OFF, openEndpoint } from "./target/open-endpoint.ts";
import { resolveTarget, type Target } from "./target/target.ts";

/**
 * Opens a target, works with it and closes it.
 *
 * @throws M2mcpError what the target, the network, the server or `work` throws
 */
export async function withTarget<T>(
  command: Command,
  target: Target,
  work: (client: McpClient, catalogue: Catalogue) => Promise<T>,
): Promise<T> {
  const endpoint = await openEndpoint(command, target, ONE_OFF);
  const catalogue = catalogueOf(target, command.io);
  const { client, settled } = keepingClient(openClient(endpoint, CLIENT_INFO), catalogue);
  try {
    return await work(client, catalogue);
  } finally {
    await settled();
    await client.close();
    await endpoint.end();
  }
}

/** The same with the target that the command names first. */
export const withClient = async <T>(
  command: Command,
  work: (client: McpClient, catalogue: Catalogue) => Promise<T>,
): Promise<T> => withTarget(command, await resolveTarget(command, command.positionals[0] ?? ""), work);

/** Lists one kind of thing: as JSON whole, for people as `rows` has it. */
export function listing(method: string, key: string, rows: (items: JsonObject[]) => string, none: string) {
  return async (command: Command): Promise<undefined> => {
    const items = await withClient(command, (client) => client.list(method, key));
    command.output.data(items);
    if (items.length > 0) command.output.print(rows(items));
    else if (!command.output.json) command.output.note(none);
  };
}

/** What should be a word or a number, whatever a server has put there. */
const word = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "" : jsonText(value);

/** Shows progress and log messages of the server with --verbose. */
export function showNotification(command: Command) {
  return ({ method, params }: NotificationMessage): void => {
    if (method === "notifications/progress") {
      const total = params.total === undefined ? "" : ` of ${word(params.total)}`;
      command.output.step(`progress ${word(params.progress)}${total} ${word(params.message)}`.trim());
    } else if (method === "notifications/message") {
      command.output.step(`${word(params.level ?? "log")}: ${word(params.data)}`);
    }
  };
}
