import { wrongUsage } from "../failure.ts";
import { isOptionName, OPTION_NAMES, OPTIONS, type OptionName, spelled, variableOf } from "./options.ts";
import { nearest } from "./suggest.ts";

/** What stands in the arguments, before it is known which verb they are for. Values stay the text they were. */
export interface Arguments {
  positionals: string[];
  /** Values in the order given; a switch has one empty value each time. */
  given: Map<OptionName, string[]>;
}

const SHORT: Record<string, OptionName> = { "-h": "help", "-v": "version", "-V": "version" };

/**
 * Splits raw arguments into positionals and options. An option with a value takes the next argument whatever it
 * looks like, unless that is itself an option by name; `--` ends the options, `-` alone is a positional.
 *
 * @throws M2mcpError (exit 1) on an unknown option, a missing or a needless value
 */
export function parseArguments(argv: readonly string[]): Arguments {
  const positionals: string[] = [];
  const given = new Map<OptionName, string[]>();
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? "";
    if (argument === "--") {
      positionals.push(...argv.slice(at + 1));
      break;
    }
    if (!argument.startsWith("-") || argument === "-") {
      positionals.push(argument);
      continue;
    }
    const equals = argument.indexOf("=");
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const name = SHORT[flag] ?? optionName(flag);
    let value = equals < 0 ? undefined : argument.slice(equals + 1);
    if (OPTIONS[name].value === undefined) {
      if (value !== undefined) throw wrongUsage(`--${name} takes no value`, `write --${name} alone`);
      value = "";
    } else if (value === undefined) {
      const next = argv[++at];
      if (next === undefined || isFlag(next))
        throw wrongUsage(
          `--${name} needs a value`,
          next === undefined
            ? `write ${spelled(name)}`
            : `write ${spelled(name)}, or --${name}=VALUE if the value begins with --`,
        );
      value = next;
    }
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  return { positionals, given };
}

const isFlag = (text: string) => text.startsWith("--") && isOptionName(text.slice(2).split("=")[0] ?? "");

function optionName(flag: string): OptionName {
  const name = flag.replace(/^--?/, "");
  if (flag.startsWith("--") && isOptionName(name)) return name;
  const near = nearest(name, OPTION_NAMES);
  const glued = OPTION_NAMES.filter((known) => known.length > 4 && name.startsWith(known)).sort(
    (a, b) => b.length - a.length,
  )[0];
  // What is no name may be a value written without its equals sign, so a secret: it is not repeated.
  const isName =
    flag.length <= 2 ||
    (/^--?[a-z]+(-[a-z]+)*$/i.test(flag) && (glued === undefined || name.length <= glued.length + 2));
  throw wrongUsage(
    isName ? `unknown option ${flag}` : `unknown option ${glued ? `--${glued}…` : `${flag.slice(0, 2)}…`}`,
    near
      ? `did you mean --${near}`
      : glued
        ? `write ${spelled(glued)}`
        : "m2mcp --help lists the commands; put -- before what is no option",
  );
}

/** Whether text names a server or a profile rather than a verb. */
const isTarget = (text: string): boolean =>
  text.startsWith("@") || text.includes("://") || /^[\w.-]+(\.\w|:\d)/.test(text);

/**
 * Finds the verb in the positionals and brings its target behind it: `@svc tools-list` reads like
 * `tools-list @svc`, and a target alone is the bridge, or at a terminal what the server says of itself.
 *
 * @returns verb null when there are no positionals at all
 * @throws M2mcpError (exit 1) on an unknown verb, naming the nearest
 */
export function chooseVerb(
  positionals: readonly string[],
  verbs: readonly string[],
  stdinIsTerminal: boolean,
): { verb: string | null; positionals: string[] } {
  const [first, second, ...rest] = positionals;
  if (first === undefined) return { verb: null, positionals: [] };
  if (verbs.includes(first)) return { verb: first, positionals: positionals.slice(1) };
  if (!isTarget(first)) throw unknownVerb(first, verbs);
  if (second === undefined) return { verb: stdinIsTerminal ? "show" : "bridge", positionals: [first] };
  if (!verbs.includes(second)) throw unknownVerb(second, verbs);
  return { verb: second, positionals: [first, ...rest] };
}

function unknownVerb(verb: string, verbs: readonly string[]) {
  const near = nearest(verb, verbs);
  // A word that is near no command may be part of a secret that holds a space: it is not repeated.
  return near
    ? wrongUsage(`unknown command ${verb}`, `did you mean ${near}`)
    : wrongUsage(
        "unknown command",
        "m2mcp --help lists the commands; a server is written like mcp.example.com/mcp, a profile like @svc",
      );
}

/** Options of one call: flags first, then the environment. An empty variable counts as not set. */
export interface Options {
  value(name: OptionName): string | undefined;
  values(name: OptionName): string[];
  on(name: OptionName): boolean;
  /** Which of the two an option came from; undefined when it was not given. */
  origin(name: OptionName): "flag" | "variable" | undefined;
}

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
    const near = nearest(name, known);
    throw wrongUsage(
      `--${name} is no option of ${verb}`,
      near ? `did you mean --${near}` : `m2mcp ${verb} --help lists its options`,
    );
  }
  const variable = (name: OptionName) => {
    const key = variableOf(name);
    return (known.includes(name) && key && env[key]) || undefined;
  };
  const values = (name: OptionName) => {
    const flags = given.get(name);
    if (flags) return flags;
    const text = variable(name);
    if (text === undefined) return [];
    return OPTIONS[name].repeat ? text.split(/\r?\n/).filter((line) => line.trim() !== "") : [text];
  };
  return {
    values,
    value: (name) => values(name).at(-1),
    on(name) {
      if (given.has(name)) return true;
      const text = variable(name)?.toLowerCase();
      if (text === undefined || ["0", "false", "no", "off"].includes(text)) return false;
      if (["1", "true", "yes", "on"].includes(text)) return true;
      throw wrongUsage(`${variableOf(name)} must be 1 or 0`, "leave it unset for no");
    },
    origin: (name) => (given.has(name) ? "flag" : variable(name) === undefined ? undefined : "variable"),
  };
}

/**
 * `--timeout` in ms.
 *
 * @throws M2mcpError (exit 1) when it is no positive number of seconds
 */
export function timeoutMs(options: Options): number | undefined {
  const text = options.value("timeout");
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (text.trim() === "" || !Number.isFinite(seconds) || seconds <= 0 || seconds > 2_000_000)
    throw wrongUsage(`--timeout ${text} is no number of seconds`, "give it like --timeout 30");
  return seconds * 1000;
}
