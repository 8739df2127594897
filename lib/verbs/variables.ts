import type { Command } from "../command-line/command.ts";
import { isOptionName, variableOf } from "../command-line/options.ts";
import { M2mcpError } from "../failure.ts";
import { TOKENS } from "./credentials/credential-options.ts";

/**
 * The failure in words for who configures by variables: those of the options that it speaks of are named. An entry of
 * a host has variables and no options.
 */
export function namingVariables(command: Command, error: M2mcpError): M2mcpError {
  if (!isByVariables(command)) return error;
  const text = `${error.message} ${error.hint ?? ""}`;
  const options = [...text.matchAll(/--([a-z]+(?:-[a-z]+)*)/g)].map(([, name = ""]) => name);
  const variables = options.flatMap((name) => (isOptionName(name) ? (variableOf(name) ?? []) : []));
  const unnamed = [...new Set(variables)].filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
  if (unnamed.length === 0) return error;
  const hint = `${error.hint === undefined ? "" : `${error.hint}; `}as variables: ${unnamed.join(", ")}`;
  return new M2mcpError(error.code, error.exitCode, error.message, hint, true);
}

/** A bridge is most often an entry of a host's; another command where its client comes from the environment. */
const isByVariables = ({ verb, options }: Command): boolean =>
  verb === "bridge" ||
  (["client-id", ...TOKENS] as const).some((name) => options.origin(name) === "variable");
