import { isObject } from "../../json.ts";
import type { Challenge } from "../../net/challenge.ts";
import type { AuthDeps } from "../deps.ts";
import { exchange, wordsOf } from "../exchange.ts";
import { asksForToken, tokenChallenge, wordsOfRefusal } from "./token-challenge.ts";

/** How a server meets a request without a token. */
export interface ProbeAnswer {
  status: number;
  /** It wants a token: it says so by its status, or by the way to one. */
  wantsToken: boolean;
  challenge: Challenge | undefined;
  /** It answered with a JSON-RPC message, or a stream of them. */
  isMessage: boolean;
  headers: Headers;
  /** The server's own, where it has some. */
  words: string | undefined;
}

/**
 * Sends the server a request without a token, to see its challenge (MCP "Authorization Server Discovery"). The
 * message is a ping, so that a server which asks for no token has nothing to do. Redirects within the origin are
 * followed as those of each request are; one that leads elsewhere may bear the challenge of a gateway.
 *
 * @throws M2mcpError network failures (exit 3)
 */
export async function probe(
  deps: Pick<AuthDeps, "fetch" | "timeoutMs" | "log" | "headerValues" | "signal">,
  server: string,
): Promise<ProbeAnswer> {
  const answer = await exchange(deps, server, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
    // A number, since some servers take no text for an id.
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    redirects: "answer",
  });
  const { status, headers } = answer;
  const challenge = tokenChallenge(headers.get("www-authenticate"));
  const wantsToken = asksForToken(status, challenge);
  const words = wordsOfRefusal(challenge, wordsOf(answer, deps.headerValues), deps.headerValues);
  const isStream = /^text\/event-stream\b/i.test(headers.get("content-type") ?? "");
  const isMessage = (isStream && status < 300) || (isObject(answer.json) && answer.json.jsonrpc === "2.0");
  return { status, headers, wantsToken, words, isMessage, challenge: wantsToken ? challenge : undefined };
}
