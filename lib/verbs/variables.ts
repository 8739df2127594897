import type { Command } from "../command-line/command.ts";
import { isOptionName, type OptionName, variableOf } from "../command-line/options.ts";
import { EXIT, M2mcpError } from "../failure.ts";
import { TOKENS } from "./credentials/credential-options.ts";

/** An option in a text, and the blank before its value where one follows and not the sentence's next word. */
const OPTION = /--([a-z]+(?:-[a-z]+)*)(?![\w-])( (?=['"/A-Z0-9]|[a-z]+(?:[,;.)]|$)))?/g;

/**
 * The failure in the words of who gave the values: an option whose value stands in its variable is named by that, since
 * nobody has typed it.
 */
export function asGiven(error: M2mcpError, isVariable: (name: OptionName) => boolean): M2mcpError {
  const variable = (name: string) => (isOptionName(name) && isVariable(name) ? variableOf(name) : null);
  const named = new Set([...error.message.matchAll(OPTION)].map(([, name = ""]) => name));
  if (![...named].some(variable)) return error;
  const reworded = (text: string, join: string) =>
    text.replace(OPTION, (option: string, name: string, blank?: string) => {
      const known = named.has(name) ? variable(name) : null;
      // What names both names them as it should.
      return known === null || text.includes(known) ? option : `${known}${blank ? join : ""}`;
    });
  const hint = error.hint === undefined ? undefined : reworded(error.hint, "=");
  return new M2mcpError(error.code, error.exitCode, reworded(error.message, " "), hint, true);
}

/**
 * The failure in words for who configures by variables: those of the options that it speaks of are named. An entry of
 * a host has variables and no options.
 */
export function namingVariables(command: Command, failure: M2mcpError): M2mcpError {
  if (!isByVariables(command)) return failure;
  const isWrongUse = failure.exitCode === EXIT.usage;
  const error = isWrongUse
    ? asGiven(failure, (name) => command.options.origin(name) === "variable")
    : failure;
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
