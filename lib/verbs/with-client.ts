// The verbs, by noun: options in, a client asked, its answer shown. Here lies what they share.
import type { Command } from "../command-line/command.ts";
import type { McpClient } from "../hosts/one-off.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import { resolveTarget, type Target } from "./target/target.ts";

/** What works with an open client. */
type Work<T> = (client: McpClient, catalogue: Catalogue, target: Target) => Promise<T>;

const speaking = () => import("./open-client.ts");

/**
 * Opens a target, works with it and closes it.
 *
 * @throws M2mcpError what the target, the network, the server or `work` throws
 */
export async function withTarget<T>(command: Command, target: Target, work: Work<T>): Promise<T> {
  const { openKeepingClient } = await speaking();
  const { client, catalogue, close } = await openKeepingClient(command, target);
  try {
    return await work(client, catalogue, target);
  } catch (error) {
    const { notOffered } = await import("./not-offered.ts");
    if (target.policies.length === 0) throw await notOffered(command.verb, client, error);
    const { hiddenInstead } = await import("./policy/hidden-tool.ts");
    throw await notOffered(command.verb, client, hiddenInstead(command, target, error));
  } finally {
    await close();
  }
}

/** The same with the target that the command names first. */
export async function withClient<T>(command: Command, work: Work<T>): Promise<T> {
  const resolving = resolveTarget(command, command.positionals[0] ?? "");
  // What speaks to the server is loaded while the store is read.
  const [target] = await Promise.all([resolving, speaking()]);
  return withTarget(command, target, work);
}
