// What a shell offers for a line that is being typed.
import { HELP_TOPICS } from "../topic-names.ts";
import type { VerbSpec } from "../verbs/verb-spec.ts";
import { VERBS } from "../verbs.ts";
import { type Candidate, type Completion, type Known, profileCandidates } from "./candidate.ts";
import { parsedSoFar, type Typed } from "./line-so-far.ts";
import { optionNames, optionValues } from "./option-candidates.ts";
import { isTarget, placeCandidates } from "./place-candidates.ts";

/**
 * What may stand in place of a word that is being typed.
 *
 * @param words those before it, without the program's name
 * @param current what of it is typed
 */
export async function completionOf(
  words: readonly string[],
  current: string,
  known: Known,
): Promise<Completion> {
  const typed = parsedSoFar(words);
  const found = await allOf(typed, current, known);
  return {
    ...found,
    // A server's names may hold anything; what steers a terminal is never typed.
    candidates: found.candidates.filter(({ value }) => value.startsWith(current) && !/\p{Cc}/u.test(value)),
  };
}

async function allOf(typed: Typed, current: string, known: Known): Promise<Completion> {
  const { verb, awaits } = typed;
  if (awaits) return optionValues(verb, awaits, "", known);
  const [, name = "", equals] = (typed.ended ? null : /^--([a-z-]+)(=)/.exec(current)) ?? [];
  if (equals) return optionValues(verb, name, `--${name}=`, known);
  if (current.startsWith("-") && !typed.ended) return { candidates: optionNames(verb, typed.given) };
  if (typed.isHelp) return { candidates: typed.positionals.length > 0 ? [] : [...verbs(VERBS), ...TOPICS] };
  if (verb) return placeCandidates(verb, typed, current, known);
  if (typed.positionals.length > 1) return { candidates: [] };
  if (typed.positionals.length === 1) return { candidates: verbs(VERBS.filter(takesTarget)) };
  return { candidates: [...verbs(VERBS), HELP, ...(await profileCandidates(known))] };
}

const verbs = (specs: readonly VerbSpec[]): Candidate[] =>
  specs.map(({ name, about }) => ({ value: name, about }));

const HELP: Candidate = { value: "help", about: "Show what a command needs" };
const TOPICS: Candidate[] = HELP_TOPICS.map((value) => ({ value, about: "A page of help" }));

/** Whether a verb's target may stand before it. */
const takesTarget = ({ arguments: places }: VerbSpec): boolean => isTarget(places);
