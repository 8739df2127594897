import { isOptionName, OPTIONS, SHORT } from "../options.ts";
import type { Arguments } from "./parse.ts";

/**
 * Arguments that are positionals and whole switches, as those of most commands; null where more is to be understood.
 * What understands more takes half as long to load as the runtime to start.
 */
export function plainArguments(argv: readonly string[]): Arguments | null {
  const positionals: string[] = [];
  const given: Arguments["given"] = new Map();
  for (const argument of argv) {
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument);
      continue;
    }
    const name = SHORT[argument] ?? argument.replace(/^--/, "");
    if (!isOptionName(name) || OPTIONS[name].value !== undefined) return null;
    given.set(name, [...(given.get(name) ?? []), ""]);
  }
  return { positionals, given };
}
