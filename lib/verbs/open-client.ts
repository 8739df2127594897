import type { Command } from "../command-line/command.ts";
import { CLIENT_INFO } from "../command-line/version.ts";
import { type McpClient, openClient } from "../hosts/one-off.ts";
import { openCaller } from "./caller/caller.ts";
import { type Catalogue, catalogueOf } from "./catalogue/catalogue.ts";
import { keepingClient } from "./catalogue/keeping-client.ts";
import { ONE_OFF, openEndpoint } from "./target/open-endpoint.ts";
import type { Target } from "./target/target.ts";

/** A client of a target that keeps what lists it sees, and all that has to be closed with it. */
export interface KeepingClient {
  client: McpClient;
  catalogue: Catalogue;
  close(): Promise<void>;
}

/** @throws M2mcpError what the target throws; nothing is sent before the first request */
export async function openKeepingClient(command: Command, target: Target): Promise<KeepingClient> {
  const endpoint = await openEndpoint(command, target, ONE_OFF);
  const catalogue = catalogueOf(target, command.io);
  const caller = await openCaller(command);
  const { client, settled } = keepingClient(openClient(endpoint, CLIENT_INFO, caller), catalogue);
  return {
    client,
    catalogue,
    async close() {
      await Promise.all([settled(), client.close()]);
      await endpoint.end();
      caller.end();
      if (caller.gone.aborted) command.left = caller.gone.reason;
    },
  };
}
