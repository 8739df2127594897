import type { Command } from "../command-line/command.ts";
import { CLIENT_INFO } from "../command-line/version.ts";
import { type McpClient, openClient } from "../hosts/one-off.ts";
import { openCaller } from "./caller/caller.ts";
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
  const caller = await openCaller(command);
  const { client, settled } = keepingClient(openClient(endpoint, CLIENT_INFO, caller), catalogue);
  try {
    return await work(client, catalogue);
  } finally {
    await settled();
    await client.close();
    await endpoint.end();
    caller.end();
  }
}

/** The same with the target that the command names first. */
export const withClient = async <T>(
  command: Command,
  work: (client: McpClient, catalogue: Catalogue) => Promise<T>,
): Promise<T> => withTarget(command, await resolveTarget(command, command.positionals[0] ?? ""), work);
