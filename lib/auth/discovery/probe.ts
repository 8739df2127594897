import type { Challenge } from "../../net/challenge.ts";
import type { AuthDeps } from "../deps.ts";
import { exchange } from "../exchange.ts";
import { tokenChallenge } from "./token-challenge.ts";

/** How a server meets a request without a token. */
export interface ProbeAnswer {
  status: number;
  challenge: Challenge | undefined;
  headers: Headers;
}

/**
 * Sends the server a request without a token, to see its challenge (MCP "Authorization Server Discovery"). The
 * message is a ping, so that a server which asks for no token has nothing to do.
 *
 * @throws M2mcpError network failures (exit 3)
 */
export async function probe(
  deps: Pick<AuthDeps, "fetch" | "timeoutMs" | "log" | "signal">,
  server: string,
): Promise<ProbeAnswer> {
  const { status, headers } = await exchange(deps, server, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: "m2mcp-probe",
      method: "ping",
    }),
  });
  return {
    status,
    headers,
    challenge: status === 401 ? tokenChallenge(headers.get("www-authenticate")) : undefined,
  };
}
