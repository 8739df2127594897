import type { Command } from "../command-line/command.ts";
import { CLIENT_INFO } from "../command-line/version.ts";
import { M2mcpError, wrongUsage } from "../failure.ts";
import { type McpClient, openClient } from "../hosts/one-off.ts";
import type { JsonObject } from "../json.ts";
import { isDeeper } from "../ui/json-text.ts";
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

/** Levels of the arguments of a tool: beyond them nobody can read what was sent. */
const DEEPEST = 1000;

/** @throws M2mcpError (exit 1) where arguments are nested deeper than anything that is sent */
export function notTooDeep<T>(value: T): T {
  if (isDeeper(value, DEEPEST))
    throw wrongUsage(`the arguments are nested deeper than ${DEEPEST} levels`, "check what has written them");
  return value;
}

/**
 * `key=value` pairs as strings, `key:=json` as what the JSON says.
 *
 * @throws M2mcpError (exit 1) naming the pair that is neither
 */
export function parsePairs(pairs: readonly string[], allowJson: boolean): JsonObject {
  const read: [string, unknown][] = pairs.map((pair, index) => {
    const equals = pair.indexOf("=");
    if (equals < 1 || pair.slice(0, equals) === ":")
      throw wrongUsage(
        `argument ${index + 1} is no key=value`,
        allowJson ? "write key=value, or key:='json'" : "write key=value",
      );
    const key = pair.slice(0, equals);
    const value = pair.slice(equals + 1);
    if (!allowJson || !key.endsWith(":")) return [key, value];
    try {
      return [key.slice(0, -1), notTooDeep(JSON.parse(value))];
    } catch (error) {
      if (error instanceof M2mcpError) throw error;
      throw wrongUsage(
        `the value of ${key}= is not valid JSON`,
        `for plain text write ${key.slice(0, -1)}=value`,
      );
    }
  });
  return Object.fromEntries(read);
}
