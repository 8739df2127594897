import { wrongUsage } from "../failure.ts";
import { isUnexpanded, trimmedText } from "../plain-text.ts";
import type { JsonFilter } from "../ui/jq.ts";
import type { OutputMode } from "../ui/output.ts";
import type { Arguments } from "./arguments/parse.ts";
import { OPTION_WORDS } from "./foreign-words.ts";
import { OPTIONS, type OptionName, variableOf } from "./options.ts";
import { suggest } from "./suggest.ts";

/** The options of one command: flags first, then the environment. An empty or blank variable counts as not set. */
export interface Options {
  value(name: OptionName): string | undefined;
  values(name: OptionName): string[];
  on(name: OptionName): boolean;
  /** Which of the two an option came from; undefined when it was not given. */
  origin(name: OptionName): "flag" | "variable" | undefined;
  /** The option that stands here for another, which messages name. */
  spelling?(name: OptionName): OptionName;
}

/** An option's name as the user writes it. */
export const spelt = (options: Options, name: OptionName): OptionName => options.spelling?.(name) ?? name;

/**
 * Reads the options that a verb knows.
 *
 * @throws M2mcpError (exit 1) when a flag is given that is not among `known`; on reading a switch whose variable
 *   is neither true nor false
 */
export function readOptions(
  given: Arguments["given"],
  env: Record<string, string | undefined>,
  known: readonly OptionName[],
  verb: string,
): Options {
  for (const name of given.keys()) {
    if (known.includes(name)) continue;
    const near = suggest(name, known, OPTION_WORDS);
    throw wrongUsage(
      `--${name} is no option of ${verb}`,
      OPTIONS[name].group === "credentials"
        ? `m2mcp login keeps credentials, encrypted; ${verb} takes a saved connection by its name`
        : near
          ? `did you mean --${near}`
          : `m2mcp ${verb} --help lists its options`,
    );
  }
  const expanded = (name: OptionName, place: string, text: string) => {
    if (isUnexpanded(text) && OPTIONS[name].expands !== true)
      throw wrongUsage(
        `${place} holds a variable that nothing expanded`,
        "check where it is set; some hosts expand no variables in their settings",
      );
    return text;
  };
  const variable = (name: OptionName) => {
    const key = variableOf(name);
    if (!key || !known.includes(name)) return undefined;
    const text = trimmedText(env[key] ?? "");
    return text.trim() === "" ? undefined : expanded(name, key, text);
  };
  const values = (name: OptionName) => {
    const flags = given.get(name);
    if (flags) return flags.map((text) => expanded(name, `--${name}`, text));
    const text = variable(name);
    if (text === undefined) return [];
    return OPTIONS[name].repeat ? text.split(/\r?\n/).filter((line) => line.trim() !== "") : [text];
  };
  return {
    values,
    value(name) {
      const all = values(name);
      return all[all.length - 1];
    },
    on(name) {
      if (given.has(name)) return true;
      const text = variable(name);
      const said = text === undefined ? false : yesOrNo(text);
      if (said !== undefined) return said;
      throw wrongUsage(`${variableOf(name)} must be 1 or 0`, "leave it unset for no");
    },
    origin: (name) => (given.has(name) ? "flag" : variable(name) === undefined ? undefined : "variable"),
  };
}

/** What a word says of a switch; undefined where it is neither yes nor no. */
export function yesOrNo(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (["1", "true", "yes", "on"].includes(word)) return true;
  return ["0", "false", "no", "off"].includes(word) ? false : undefined;
}

/**
 * How a command's words are wanted.
 *
 * @param results whether stdout is for results
 * @throws M2mcpError (exit 1) where a variable of a switch is neither true nor false
 */
export const outputMode = (options: Options, results: boolean): OutputMode => ({
  json: options.on("json") || (results && options.value("jq") !== undefined),
  verbose: options.on("verbose"),
  quiet: options.on("quiet"),
  results,
});

/** What `--jq` makes of results; a megabyte, loaded where it is given. @throws M2mcpError (exit 1) where it is none */
export async function jsonFilter(options: Options): Promise<JsonFilter | undefined> {
  const expression = options.value("jq");
  if (expression === undefined) return undefined;
  const { jqFilter } = await import("../ui/jq.ts");
  return jqFilter(expression);
}

/** The options that count seconds: the most that each takes, and one that it could be. */
const SECONDS = {
  timeout: { most: 2_000_000, like: 30, whole: false },
  "token-lifetime": { most: 10 * 365 * 24 * 3600, like: 300, whole: false },
  "assertion-lifetime": { most: 999_999, like: 600, whole: true },
} as const;

/**
 * What an option that counts seconds says.
 *
 * @throws M2mcpError (exit 1) when that is no positive number, or too large a one
 */
export function seconds(options: Options, name: keyof typeof SECONDS): number | undefined {
  const text = options.value(name);
  if (text === undefined) return undefined;
  const { most, like, whole } = SECONDS[name];
  const read = Number(text);
  if (read > 0 && read <= most && (!whole || Number.isInteger(read))) return read;
  throw wrongUsage(`--${name} ${text} is no number of seconds`, `give it like --${name} ${like}`);
}

/** The same in ms. */
export function secondsInMs(options: Options, name: keyof typeof SECONDS): number | undefined {
  const given = seconds(options, name);
  return given === undefined ? undefined : given * 1000;
}

/** `--timeout` in ms. @throws M2mcpError (exit 1) when it is no positive number of seconds */
export const timeoutMs = (options: Options): number | undefined => secondsInMs(options, "timeout");
