import { isOptionName, OPTION_NAMES, OPTIONS, type OptionName } from "../options.ts";
import type { VerbSpec } from "../verbs/verb-spec.ts";
import { type Candidate, type Completion, type Known, profileCandidates } from "./candidate.ts";

/** Options of a verb that are not given yet, or may be repeated; those of the program where there is no verb. */
export function optionNames(verb: VerbSpec | undefined, given: readonly OptionName[]): Candidate[] {
  const names = verb?.options ?? OPTION_NAMES.filter((name) => OPTIONS[name].group === "general");
  return names
    .filter((name) => OPTIONS[name].repeat || !given.includes(name))
    .map((name) => ({ value: `--${name}`, about: verb?.meanings?.[name]?.about ?? OPTIONS[name].about }));
}

/**
 * @param verb that the option is for, where there is one
 * @param before what stands before the value in the same word: `--store=`
 */
export async function optionValues(
  verb: VerbSpec | undefined,
  name: string,
  before: string,
  known: Known,
): Promise<Completion> {
  if (!isOptionName(name)) return { candidates: [] };
  const { value = "", choices = [] } = { ...OPTIONS[name], ...verb?.meanings?.[name] };
  if (value.startsWith("@")) return { candidates: prefixed(before, await profileCandidates(known)) };
  const candidates = prefixed(
    before,
    choices.map((choice) => ({ value: choice, about: "" })),
  );
  return { candidates, ...(/PATH|FILE|DIR/.test(value) ? { files: true } : {}) };
}

const prefixed = (before: string, candidates: Candidate[]): Candidate[] =>
  candidates.map(({ value, about }) => ({ value: before + value, about }));
