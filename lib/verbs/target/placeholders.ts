import { wrongUsage } from "../../failure.ts";

/** A variable of the environment, in a text that is kept as it was written. */
const VARIABLE = /\$\{(\w+)\}/g;

/** The names of the variables in a text. */
export const variablesIn = (text: string): string[] =>
  [...text.matchAll(VARIABLE)].map(([, name = ""]) => name);

/**
 * Puts the environment's values in place of `${VAR}`.
 *
 * @param what needs them, for a person
 * @param written how a value is written there
 * @throws M2mcpError (exit 1) naming a variable that is not set, never a value
 */
export const withVariables = (
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  what: string,
  written: (value: string) => string = (value) => value,
): string =>
  text.replace(VARIABLE, (_, name: string) => {
    const value = env[name];
    if (value === undefined)
      throw wrongUsage(`${what} needs the variable ${name}, which is not set`, `set ${name}`);
    return written(value);
  });
