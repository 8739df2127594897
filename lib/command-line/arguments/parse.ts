// Arguments to words and options, whose values stay the text that they were.
import { parseArgs } from "node:util";
import { wrongUsage } from "../../failure.ts";
import { OPTION_WORDS } from "../foreign-words.ts";
import { isOptionName, OPTION_NAMES, OPTIONS, type OptionName, SHORT, spelled } from "../options.ts";
import { suggest } from "../suggest.ts";
import { VERB_NAMES } from "../verb-named.ts";

/** What stands in the arguments, before it is known which verb they are for. Values stay the text they were. */
export interface Arguments {
  positionals: string[];
  /** Values in the order given; a switch has one empty value each time. */
  given: Map<OptionName, string[]>;
}

/** How the options look to the runtime's parser: with a value or without. */
const shapes = () =>
  Object.fromEntries(
    OPTION_NAMES.map((name) => [
      name,
      { type: OPTIONS[name].value === undefined ? ("boolean" as const) : ("string" as const) },
    ]),
  );

/**
 * Splits raw arguments into positionals and options. An option with a value takes the next argument whatever it
 * looks like, unless that is itself an option by name; `--` ends the options, `-` alone is a positional.
 *
 * @throws M2mcpError (exit 1) on an unknown option, a missing or a needless value
 */
export function parseArguments(argv: readonly string[]): Arguments {
  const positionals: string[] = [];
  const given = new Map<OptionName, string[]>();
  // Tokens, not values: those of cac turn 0123 into 123 and a secret that begins with a dash into options.
  const { tokens } = parseArgs({ args: [...argv], options: shapes(), strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const raw = argv[token.index] ?? "";
    const flag = token.inlineValue === true ? raw.slice(0, raw.indexOf("=")) : raw;
    const name = SHORT[flag] ?? optionName(flag, () => verbAmong(tokens));
    const before = given.get(name) ?? [];
    given.set(name, [...before, optionValue(name, token.value, token.inlineValue === true)]);
  }
  return { positionals, given };
}

/** Values that nothing can be done with where there is nothing in them, by what stands for them in help. */
const NEVER_EMPTY: readonly string[] = [
  "ALG",
  "COMMAND",
  "FILE",
  "GRANT",
  "KID",
  "METHOD",
  "PATH",
  "PLATFORM",
  "SECONDS",
  "TYPE",
  "URI",
  "URL",
  "URN",
];

/** The value of an option, empty for a switch. @param inline whether it stands behind an equals sign */
function optionValue(name: OptionName, value: string | undefined, inline: boolean): string {
  if (OPTIONS[name].value === undefined) {
    if (value !== undefined) throw wrongUsage(`--${name} takes no value`, `write --${name} alone`);
    return "";
  }
  if (value !== undefined && (inline || !isFlag(value))) {
    if (value.trim() !== "" || !NEVER_EMPTY.includes(OPTIONS[name].value ?? "")) return value;
    throw wrongUsage(
      `--${name} is empty`,
      `write ${spelled(name)}; a variable that stands there may not be set`,
    );
  }
  throw wrongUsage(
    `--${name} needs a value`,
    value === undefined
      ? `write ${spelled(name)}`
      : `write ${spelled(name)}, or --${name}=VALUE if the value begins with --`,
  );
}

const isFlag = (text: string) => text.startsWith("--") && isOptionName(text.slice(2).split("=")[0] ?? "");

/** Verbs whose arguments are pairs, which those who come from other tools write as options. */
const WITH_PAIRS = ["tools-call", "prompts-get", "complete"];

/** The verb in its place, alone or behind its target; undefined where there is none. */
const verbAmong = (tokens: readonly { kind: string; value?: string | undefined }[]): string | undefined =>
  tokens
    .flatMap(({ kind, value }) => (kind === "positional" && value !== undefined ? [value] : []))
    .slice(0, 2)
    .find((word) => VERB_NAMES.includes(word));

/** @param verbOf what it was written for */
function optionName(flag: string, verbOf: () => string | undefined): OptionName {
  const name = flag.replace(/^--?/, "");
  if (flag.startsWith("--") && isOptionName(name)) return name;
  const near = suggest(name, OPTION_NAMES, OPTION_WORDS);
  const glued = OPTION_NAMES.filter((known) => known.length > 4 && name.startsWith(known)).sort(
    (a, b) => b.length - a.length,
  )[0];
  // What is no name may be a value written without its equals sign, so a secret: it is not repeated.
  const isName =
    flag.length <= 2 ||
    (/^--?[a-z]+(-[a-z]+)*$/i.test(flag) && (glued === undefined || name.length <= glued.length + 2));
  const verb = verbOf();
  const isPair = isName && flag.startsWith("--") && WITH_PAIRS.includes(verb ?? "");
  throw wrongUsage(
    isName ? `unknown option ${flag}` : `unknown option ${glued ? `--${glued}…` : `${flag.slice(0, 2)}…`}`,
    near
      ? `did you mean --${near}`
      : glued
        ? `write ${spelled(glued)}`
        : isPair
          ? `an argument is written ${name}=VALUE; put -- before what is no option`
          : `${verb ? `m2mcp ${verb} --help lists its options` : "m2mcp --help lists the commands"}; put -- before what is no option`,
  );
}
