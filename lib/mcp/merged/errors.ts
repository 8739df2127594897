// Failures of several servers as one.
import { EXIT, M2mcpError } from "../../failure.ts";
import { oneLine } from "../../net/one-line.ts";
import { INVALID_PARAMS, type RpcError } from "../jsonrpc/message.ts";

/** Longest name of a tool, a prompt or a URI in a message, in characters. */
const LONGEST_NAME = 100;
const shown = (name: string) => oneLine(name, LONGEST_NAME);

/** @param what was asked for; it was not sent */
export const serverAway = (server: string, reason: string, what: string) =>
  new M2mcpError(
    "server_away",
    EXIT.network,
    `@${server} is away, so that ${shown(what)} was not sent to it (${reason})`,
    "the other servers go on; what it has comes back with it",
  );

/** A look for a sign of life. @param limitMs in ms */
export const noSign = (limitMs: number) =>
  new M2mcpError("timeout", EXIT.network, `it gave no answer within ${limitMs / 1000} s`);

/** It answers, and not as a server of MCP does. */
export const oddStatus = (status: number) =>
  new M2mcpError("http_status", EXIT.server, `it answers with HTTP status ${status}`);

/** @param reasons of each server */
export const allAway = (reasons: readonly string[]) =>
  new M2mcpError(
    "all_away",
    EXIT.network,
    `none of the servers answers: ${reasons.join("; ")}`,
    "m2mcp doctor @NAME looks at one of them",
  );

/** In the words of a server: what was called is not there (MCP "Tools", Error Handling). */
const notThere = (code: string, message: string, hint: string): RpcError => ({
  code: INVALID_PARAMS,
  message: `${message}; ${hint}`,
  data: { source: "m2mcp", code, hint },
});

/**
 * @param what `tool` or `prompt`
 * @param near the name that may have been meant
 * @param away servers that may have it
 * @param unlisted servers that may have it, and give no list
 */
export function unknownName(
  what: string,
  name: string,
  near: string | undefined,
  away: readonly string[],
  unlisted: readonly string[],
): RpcError {
  const reasons = [
    ...away.map((one) => `@${one} is away`),
    ...unlisted.map((one) => `@${one} gives no list of its ${what}s`),
  ];
  const missing = reasons.length === 0 ? "" : `, as far as is known: ${reasons.join(", ")}`;
  return notThere(
    "unknown_name",
    `no server has a ${what} ${shown(name)}${missing}`,
    near === undefined ? `list the ${what}s to see what there is` : `did you mean ${near}`,
  );
}

export const ambiguousName = (what: string, name: string, names: readonly string[]): RpcError =>
  notThere("ambiguous_name", `several servers have a ${what} ${shown(name)}`, `call ${names.join(" or ")}`);

export const wrongCursor = (): RpcError =>
  notThere("wrong_cursor", "the cursor is none that was given here", "begin the list anew");
