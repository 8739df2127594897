import type { Options } from "../../command-line/option-values.ts";
import type { OptionName } from "../../command-line/options.ts";
import { wrongUsage } from "../../failure.ts";

/** Options whose values may be for one of several servers: `@svc:get_*`. */
const SCOPED: readonly OptionName[] = ["allow-tool", "deny-tool"];
/** Options that say something of one server, which others would get too. */
const OF_ONE: readonly OptionName[] = ["header", "profile"];

/**
 * The options of a command with several servers as they hold for one of them. A pattern is of the server's own names, and
 * for all of them unless it names one.
 *
 * @param name of the one server
 */
export function optionsFor(options: Options, name: string): Options {
  const values = (option: OptionName) =>
    SCOPED.includes(option) ? scoped(options.values(option), name) : options.values(option);
  return { ...options, values, value: (option) => values(option).at(-1) };
}

const scoped = (texts: readonly string[], name: string): string[] =>
  texts.flatMap((text) =>
    text.split(",").flatMap((pattern) => {
      const [, server, own] = partsOf(pattern);
      return server === undefined ? [pattern] : server === name ? [own ?? ""] : [];
    }),
  );

/** `@svc:get_*` in its parts; of a pattern for all servers there are none. */
const partsOf = (pattern: string): (string | undefined)[] => {
  const [whole, server, own] = /^\s*@([^:]*):(.*)$/s.exec(pattern) ?? [];
  return [whole, server?.toLowerCase(), own];
};

/**
 * Checks what options say of several servers.
 *
 * @throws M2mcpError (exit 1) where one is of a single server, or names one that is not there
 */
export function checkScopes(options: Options, names: readonly string[]): void {
  for (const option of OF_ONE)
    if (options.values(option).length > 0)
      throw wrongUsage(
        `--${option} would be for each of the servers`,
        option === "header"
          ? "keep it with the one that it is for: m2mcp config @NAME header='NAME: VALUE'"
          : "name the connections: @a @b",
      );
  for (const option of SCOPED)
    for (const pattern of options.values(option).flatMap((text) => text.split(","))) {
      const [, server] = partsOf(pattern);
      if (server !== undefined && !names.includes(server))
        throw wrongUsage(
          `--${option} names @${server}, which is none of the servers`,
          `they are ${names.map((name) => `@${name}`).join(", ")}`,
        );
    }
}
