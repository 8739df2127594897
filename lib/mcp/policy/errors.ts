// Tools that a client may not use, as its user has it.
import { EXIT, M2mcpError } from "../../failure.ts";
import { oneLine } from "../../net/one-line.ts";
import type { ToolRule } from "./tool-rules.ts";

/** Longest name of a tool in a message, in characters. */
const LONGEST_NAME = 100;
const shown = (name: string) => oneLine(name, LONGEST_NAME);

export function toolDenied(name: string, rule: ToolRule): M2mcpError {
  const patterns = rule.kind === "read-only" ? "" : ` (${rule.patterns.join(", ")})`;
  const why = {
    allow: `allows other tools only${patterns}`,
    deny: `denies it${patterns}`,
    "read-only": "allows only tools that say that they only read",
  }[rule.kind];
  return new M2mcpError(
    "tool_denied",
    EXIT.usage,
    `the tool ${shown(name)} may not be used: ${rule.setBy} ${why}; it was not called`,
    rule.change,
  );
}

/** @param approve the command that shows and approves it */
export const toolChanged = (name: string, approve: string) =>
  new M2mcpError(
    "tool_changed",
    EXIT.usage,
    `the tool ${shown(name)} is not what it was when it was pinned; it was not called`,
    `${approve} shows what has changed, and approves it`,
  );

export const toolNew = (name: string, approve: string) =>
  new M2mcpError(
    "tool_new",
    EXIT.usage,
    `the tool ${shown(name)} has come since the server's tools were pinned; it was not called`,
    `${approve} shows it, and approves it`,
  );

export const toolNotListed = (name: string, why: string) =>
  new M2mcpError(
    "tool_not_listed",
    EXIT.usage,
    `the server lists no tool ${shown(name)}, so that it cannot be seen whether it may be used (${why}); it was not called`,
    "m2mcp <target> tools-list shows what it has",
  );

export const toolsNotSeen = (why: string) =>
  new M2mcpError(
    "tools_not_seen",
    EXIT.server,
    `the server did not list its tools, so that it cannot be seen whether they may be used: ${why}`,
    "try again; without --read-only and --pin nothing has to be seen",
  );

/** Servers that read JSON otherwise than this program would see another tool in it. */
export const doubtfulRequest = (member: string) =>
  new M2mcpError(
    "doubtful_request",
    EXIT.usage,
    `the request has ${shown(member)} more than once or in odd letters, so that servers may read another tool in it; it was not sent`,
    "report it to the maker of the program that wrote it",
  );
