import { explainRequest } from "../../auth/discovery/explain.ts";
import type { Command } from "../../command-line/command.ts";
import { EXIT, M2mcpError } from "../../failure.ts";
import type { ServerInfo } from "../../hosts/server-info.ts";
import { authDeps } from "../target/auth-deps.ts";
import type { Target } from "../target/target.ts";
import { withTarget } from "../with-client.ts";

/**
 * The first real request over a connection, which login and connect are for. What it finds out, such as an open
 * session, is in the target's cache.
 *
 * @throws M2mcpError not_mcp, sign_in_page where there is no endpoint; else what the request throws
 */
export async function firstRequest(command: Command, target: Target): Promise<ServerInfo> {
  try {
    return await withTarget(command, target, (client) => client.serverInfo());
  } catch (error) {
    if (!(error instanceof M2mcpError)) throw error;
    const deps = await authDeps(command, target);
    throw await explainRequest(deps, target.server, error, target.credentials !== null);
  }
}

/**
 * The same after a login: a server that refuses the token, or is none, is no success; one that is out of order for now
 * leaves the login as good as it was.
 *
 * @returns why it did not answer, where the login is worth keeping
 * @throws M2mcpError as `firstRequest`
 */
export async function firstRequestAfterLogin(
  command: Command,
  target: Target,
): Promise<M2mcpError | undefined> {
  try {
    await firstRequest(command, target);
    return undefined;
  } catch (error) {
    const isKept = error instanceof M2mcpError && error.exitCode !== EXIT.auth && error.code !== "not_mcp";
    if (!isKept) throw error;
    return error;
  }
}
