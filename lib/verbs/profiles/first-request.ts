import { explain } from "../../auth/discovery/explain.ts";
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
    throw await explained(command, target, error, target.credentials ? "request with token" : "request");
  }
}

/** What failed on the way to a server or to its tokens, in the words of its likely cause. */
export async function explained(
  command: Command,
  target: Target,
  error: unknown,
  during: Parameters<typeof explain>[3],
): Promise<unknown> {
  if (!(error instanceof M2mcpError)) return error;
  return explain(await authDeps(command, target), target.server, error, during);
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
