import { isOptionName, OPTIONS, type OptionName } from "../options.ts";
import type { VerbSpec } from "../verbs/verb-spec.ts";
import { VERBS } from "../verbs.ts";

/** What the words before the one being typed say. */
export interface Typed {
  verb: VerbSpec | undefined;
  isHelp: boolean;
  /** The target that stands before the verb. */
  before: string | undefined;
  /** Without the verb and what stands before it. */
  positionals: string[];
  given: OptionName[];
  /** The option whose value is being typed. */
  awaits: OptionName | undefined;
  /** After `--` nothing is an option. */
  ended: boolean;
}

/** Reads the words of a line that is not whole yet; what is wrong in it is passed over. */
export function parsedSoFar(words: readonly string[]): Typed {
  const positionals: string[] = [];
  const given: OptionName[] = [];
  let awaits: OptionName | undefined;
  let ended = false;
  for (const word of words) {
    if (awaits) {
      awaits = undefined;
      continue;
    }
    if (word === "--") ended = true;
    if (ended || !word.startsWith("--")) {
      if (word !== "--" && (ended || word === "-" || !word.startsWith("-"))) positionals.push(word);
      continue;
    }
    const [name = "", value] = word.slice(2).split("=", 2);
    if (!isOptionName(name)) continue;
    given.push(name);
    if (OPTIONS[name].value !== undefined && value === undefined) awaits = name;
  }
  return { ...withVerb(positionals), given, awaits, ended };
}

function withVerb(words: readonly string[]): Pick<Typed, "verb" | "isHelp" | "before" | "positionals"> {
  const [first = "", second = "", ...rest] = words;
  if (first === "help")
    return { verb: undefined, isHelp: true, before: undefined, positionals: words.slice(1) };
  const verb = named(first);
  if (verb) return { verb, isHelp: false, before: undefined, positionals: words.slice(1) };
  const behind = named(second);
  return behind
    ? { verb: behind, isHelp: false, before: first, positionals: rest }
    : { verb: undefined, isHelp: false, before: undefined, positionals: [...words] };
}

const named = (text: string): VerbSpec | undefined => VERBS.find(({ name }) => name === text);
